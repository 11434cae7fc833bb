// What each level of debugging costs, for a transformer of two blocks that reads 16 texts of 64 characters, width 128, one thread.
#include <reel/reel.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <vector>

using namespace reel;

namespace {

constexpr std::size_t characters = 65, width = 128, length = 64, texts = 16, heads = 4;

/// This thread's processor time, which does not count what other programs take meanwhile.
double now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return 1e3 * static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_nsec);
}

template <class F>
double milliseconds(const F& f) {
  const double start = now();
  f();
  return now() - start;
}

template <class F>
double median(int repetitions, const F& once) {
  std::vector<double> values;
  for (int i = 0; i < repetitions; ++i) values.push_back(once());
  std::nth_element(values.begin(), values.begin() + repetitions / 2, values.end());
  return values[static_cast<std::size_t>(repetitions) / 2];
}

/// Attention, then two layers, each added to what it got.
struct Block : nn::Module {
  Parameter weight1{ones({width})}, bias1{zeros({width})}, weight2{ones({width})}, bias2{zeros({width})};
  nn::Linear qkv{width, 3 * width}, projection{width, width}, up{width, 4 * width}, down{4 * width, width};
  Tensor mask;
  REEL_MEMBERS(weight1, bias1, weight2, bias2, qkv, projection, up, down)

  Block() {
    Array hidden = Array::zeros({length, length});
    for (std::size_t i = 0; i < length; ++i)
      for (std::size_t j = i + 1; j < length; ++j) hidden.mutable_data<float>()[i * length + j] = -1e9F;
    mask = Tensor(hidden);
  }

  Tensor forward(const Tensor& x) override {
    const Tensor parts = permute(reshape(qkv(layer_norm(x, weight1, bias1)), {texts, length, 3, heads, width / heads}), {2, 0, 3, 1, 4});
    const Tensor q = parts[{0}], k = parts[{1}], v = parts[{2}];
    const Tensor scores = softmax(matmul(q, transpose(k, -2, -1)) / std::sqrt(static_cast<double>(width / heads)) + mask, -1);
    const Tensor h = x + projection(reshape(transpose(matmul(scores, v), 1, 2), {texts, length, width}));
    return h + down(gelu(up(layer_norm(h, weight2, bias2))));
  }
};

struct Transformer : nn::Module {
  Parameter letters{random::normal({characters, width})};
  Block first, second;
  nn::Linear last{width, characters};
  REEL_MEMBERS(letters, first, second, last)

  Tensor forward(const Tensor& x) override { return reshape(last(second(first(embedding(x, letters)))), {texts * length, characters}); }
};

/// In milliseconds.
struct Times {
  double forward, backward;
};

void print(const char* what, double cost, double whole, const char* remark = "") {
  fmt::print("{:<46} {:8.2f} ms  {:6.2f} times{}{}\n", what, cost, cost / whole, *remark ? "   " : "", remark);
}

class Bench {
 public:
  explicit Bench(int repetitions) : repetitions_(repetitions) {
    Array x({texts, length}, int64), y({texts * length}, int64);
    for (std::size_t i = 0; i < texts * length; ++i) {
      x.mutable_data<std::int64_t>()[i] = static_cast<std::int64_t>(i * 7919 % characters);
      y.mutable_data<std::int64_t>()[i] = static_cast<std::int64_t>((i * 104729 + 11) % characters);
    }
    x_ = Tensor(x);
    y_ = Tensor(y);
  }

  void run() {
    const Times plain = train();
    whole_ = plain.forward + plain.backward;
    fmt::print("forward {:.2f} ms, backward {:.2f} ms, {} entries\n", plain.forward, plain.backward, Tape(loss()).size());
    const double unrecorded = median(repetitions_, [&] {
      const NoGrad pause;
      return milliseconds([&] { loss(); });
    });
    print("recording: forward with it, less without", plain.forward - unrecorded, whole_);
    watched();
    stepping();
    page();
  }

 private:
  Tensor loss() { return nn::cross_entropy(model_(x_), y_); }

  Times train() {
    std::vector<Times> all;
    for (int i = 0; i < repetitions_; ++i) {
      Tensor result;
      const double forward = milliseconds([&] { result = loss(); });
      for (ParameterRef& p : model_.parameters()) p.clear_grad();
      all.push_back({forward, milliseconds([&] { result.backward(); })});
    }
    std::sort(all.begin(), all.end(), [](Times a, Times b) { return a.forward + a.backward < b.forward + b.backward; });
    return all[all.size() / 2];
  }

  /// Statistics of every op as it is recorded, and of every gradient.
  void watched() {
    debug::Live live;
    live.on(debug::nan_born(), [](const debug::Hit&) {});
    const Times times = train();
    print("forward and backward, looking for NaN", times.forward + times.backward, whole_);
  }

  static void look(const debug::Stepper& step) {
    step.phase() == debug::Phase::forward ? step.has_value(step.number()) : step.has_gradient();
  }

  void stepping() {
    const Tensor result = loss();
    print("opening a stepper", median(repetitions_, [&] { return milliseconds([&] { debug::Stepper step(result); }); }), whole_,
          "at most 3");
    debug::Stepper step(result);
    double again = 0;
    std::vector<double> longest;  // a rule is run when what it gives is asked for, and kept
    std::string slowest;
    const double through = median(repetitions_, [&] {
      debug::Stepper fresh(result);
      double worst = 0;
      const double all = milliseconds([&] {
        for (bool more = true; more;) {
          const double one = milliseconds([&] { more = fresh.next() && (look(fresh), true); });
          if (one > worst) slowest = fmt::format("at most 5 ms; {} {}", fresh.event(), fresh.entry().op());
          worst = std::max(worst, one);
        }
      });
      longest.push_back(worst);
      step = std::move(fresh);
      return all;
    });
    for (bool more = true; more;) again = std::max(again, milliseconds([&] { more = step.back() && (look(step), true); }));
    print("stepping through both passes", through, whole_);
    std::sort(longest.begin(), longest.end());
    print("  the longest step", longest[longest.size() / 2], whole_, slowest.c_str());
    print("  the longest step back", again, whole_, "at most 5 ms");
    step.run_to_end();
    const auto each = [&](const auto& f) {
      return milliseconds([&] {
        for (std::size_t i = 0; i < step.entries(); ++i) f(i);
      });
    };
    print("statistics of all values and gradients", each([&](std::size_t i) {
            step.value_statistics(i);
            if (step.has_gradient(i)) step.gradient_statistics(i);
          }),
          whole_);
    print("times of all ops and rules", each([&](std::size_t i) { step.timing(i); }), whole_);
    print("alerts", milliseconds([&] { debug::alerts(result); }), whole_);
    print("explain an element of a weight", milliseconds([&] { step.explain(model_.first.qkv.weight.name(), {0, 0}); }), whole_);
  }

  void page() {
    const std::string file = (std::filesystem::temp_directory_path() / "bench_debug.html").string();
    const Tensor result = loss();
    const double time = milliseconds([&] { debug::write_html(result, file); });
    print("the page", time, whole_,
          fmt::format("{:.2f} MB, at most 3", static_cast<double>(std::filesystem::file_size(file)) / 1e6).c_str());
    std::filesystem::remove(file);
  }

  int repetitions_;
  Transformer model_;
  Tensor x_, y_;
  double whole_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const int repetitions = argc > 1 ? std::atoi(argv[1]) : 21;
  if (argc > 2 || repetitions < 1) {
    fmt::print(stderr, "usage: bench_debug [REPETITIONS]   (21)\n");
    return 1;
  }
  try {
    set_num_threads(1);
    manual_seed(0);
    Bench(repetitions).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_debug: {}\n", error.what());
    return 1;
  }
}
