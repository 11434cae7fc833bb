// Our side of the benchmark against libtorch: prints "NAME MICROSECONDS" for each workload, the median of a step, measured as
// peer_torch.cpp does.
//   bench_workloads [THREADS] [PART-OF-A-NAME]
//   bench_workloads --limits            what a step has to do at least: "NAME PEER'S-NAME FLOPS BYTES"
#include <reel/reel.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "workloads.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) { return std::chrono::duration<double, std::micro>(Clock::now() - start).count(); }

/// Warms up for 0.3 s, then takes samples of about 5 ms for 1.5 s, at least 7.
double median_step(const std::function<void()>& step) {
  const auto warm = Clock::now();
  int steps = 0;
  do {
    step();
    ++steps;
  } while (microseconds_since(warm) < 3e5 || steps < 3);
  const int inner = std::max(1, static_cast<int>(steps * 5e3 / 3e5));
  std::vector<double> samples;
  const auto begin = Clock::now();
  do {
    const auto start = Clock::now();
    for (int i = 0; i < inner; ++i) step();
    samples.push_back(microseconds_since(start) / inner);
  } while ((microseconds_since(begin) < 1.5e6 || samples.size() < 7) && samples.size() < 400);
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2), samples.end());
  return samples[samples.size() / 2];
}

std::vector<Workload> all_workloads() {
  std::vector<Workload> all = training_workloads();
  for (Workload& workload : op_workloads()) all.push_back(std::move(workload));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "1", only = argc > 2 ? argv[2] : "";
  if (first == "--limits") {
    for (const Workload& workload : all_workloads())
      fmt::print("{} {} {} {}\n", workload.name, workload.peer, workload.flops, workload.bytes);
    return 0;
  }
  const int threads = std::atoi(first.c_str());
  if (threads < 1 || argc > 3) {
    fmt::print(stderr, "usage: bench_workloads [THREADS] [PART-OF-A-NAME], or bench_workloads --limits\n");
    return 1;
  }
  reel::set_num_threads(static_cast<std::size_t>(threads));
  for (const Workload& workload : all_workloads()) {
    if (workload.name.find(only) == std::string::npos) continue;
    reel::manual_seed(0);
    fmt::print("{} {:.2f}\n", workload.name, median_step(workload.prepare()));
    std::fflush(stdout);
  }
}
