// What elementwise work costs: tanh(x)·x + exp(-x) on a million floats, with its gradient, as one formula and as separate ops.
#include <reel/autograd/elementwise.hpp>
#include <reel/reel.hpp>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

using namespace reel;

namespace {

/// Processor time: with one thread that is the time taken, less what other programs took meanwhile.
double milliseconds_since(std::clock_t start) { return 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC; }

/// The best and the median.
std::string summary(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return fmt::format("{:7.3f} {:7.3f}", values.front(), values[values.size() / 2]);
}

/// Forward, and backward, which gives the parameter its gradient.
template <class F>
void measure(const char* name, const F& f, int repetitions) {
  manual_seed(0);
  Parameter x(random::normal({1000, 1000}));
  std::vector<double> forward, backward, both;
  for (int i = 0; i < repetitions; ++i) {
    x.clear_grad();
    const auto start = std::clock();
    const Tensor y = sum(f(x));
    const double middle = milliseconds_since(start);
    y.backward();
    both.push_back(milliseconds_since(start));
    forward.push_back(middle);
    backward.push_back(both.back() - middle);
  }
  fmt::print("{:16} {}   {}   {}\n", name, summary(forward), summary(backward), summary(both));
}

void run(int repetitions) {
  set_num_threads(1);
  const auto formula = elementwise("formula", [](auto x) { return tanh(x) * x + exp(-x); });
  fmt::print(
      "ms               forward           backward          both\n                    best  median      best  median      best  median\n");
  measure(
      "one formula", [&](const Parameter& x) { return formula(x); }, repetitions);
  measure(
      "separate ops", [](const Parameter& x) { return tanh(x) * x + exp(-x); }, repetitions);
  fmt::print("processor time of {} runs, one thread, (1000, 1000) float32\n", repetitions);
}

}  // namespace

int main(int argc, char** argv) {
  const int repetitions = argc > 1 ? std::atoi(argv[1]) : 200;
  if (argc > 2 || repetitions < 1) {
    fmt::print(stderr, "usage: bench_elementwise [REPETITIONS]\n");
    return 1;
  }
  run(repetitions);
}
