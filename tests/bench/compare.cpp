// Runs our side of the benchmark and libtorch's in turn, each workload in a process of its own, and prints the table of both.
//   compare OURS [PEER] [--threads N] [--rounds N] [--only PART-OF-A-NAME]
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <reel/reel.hpp>

namespace {

using Clock = std::chrono::steady_clock;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? std::nan("") : values[values.size() / 2];
}

struct Output {
  std::string text;
  double peak = 0;  // MB
};

/// Runs a program to its end, with as many threads for BLAS and OpenMP as it is told.
Output run(const std::vector<std::string>& command, int threads) {
  int ends[2];
  if (pipe(ends) != 0) throw reel::Error("compare: there is no pipe");
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    for (const char* name : {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}) setenv(name, std::to_string(threads).c_str(), 1);
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(ends[1]);
  Output output;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) output.text.append(buffer, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw reel::Error(fmt::format("compare: {} failed", command[0]));
  output.peak = static_cast<double>(usage.ru_maxrss) / 1024;
  return output;
}

/// One side's numbers for one workload.
struct Side {
  std::vector<double> microseconds, peaks;

  /// `name` may be a part of other names, so the line is looked for.
  void measure(const std::string& program, const std::string& name, int threads) {
    const Output output = run({program, std::to_string(threads), name}, threads);
    std::istringstream lines(output.text);
    std::string word;
    for (double value; lines >> word >> value;)
      if (word == name) microseconds.push_back(value);
    peaks.push_back(output.peak);
  }
};

struct Row {
  std::string name, peer_name;
  double flops, bytes;
  Side ours, peer;

  bool counts() const { return name == peer_name; }  // a second way to a peer's workload is shown only
  double ratio() const { return median(peer.microseconds) / median(ours.microseconds); }
};

/// What the machine can do at best, with as many threads.
struct Machine {
  double flops, bytes;  // a second

  explicit Machine(int threads) {
    reel::set_num_threads(static_cast<std::size_t>(threads));
    const reel::NoGrad pause;
    const reel::Tensor a = reel::random::normal({1024, 1024}), b = reel::random::normal({1024, 1024});
    flops = 2 * std::pow(1024.0, 3) / fastest([&] { matmul(a, b); });
    const std::size_t n = std::size_t{1} << 26;
    std::vector<char> from(n, 1), to(n);
    bytes = 2 * static_cast<double>(n) / fastest([&] {
              reel::parallel_for(n, n / static_cast<std::size_t>(threads), [&](std::size_t begin, std::size_t end) {
                std::memcpy(to.data() + begin, from.data() + begin, end - begin);
              });
            });
  }

  /// Of the time that a step takes at least.
  double share(const Row& row) const { return std::max(row.flops / flops, row.bytes / bytes) / (median(row.ours.microseconds) * 1e-6); }

 private:
  template <class F>
  static double fastest(const F& f) {
    double best = 1e9;
    for (int i = 0; i < 20; ++i) {
      const auto start = Clock::now();
      f();
      best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
    }
    return best;
  }
};

std::vector<Row> rows_of(const std::string& ours, const std::string& only) {
  std::istringstream lines(run({ours, "--limits"}, 1).text);
  std::vector<Row> rows;
  for (Row row{}; lines >> row.name >> row.peer_name >> row.flops >> row.bytes;)
    if (row.name.find(only) != std::string::npos) rows.push_back(row);
  return rows;
}

void print(const std::vector<Row>& rows, bool with_peer, const Machine& machine, int threads) {
  fmt::print("\n{} thread{}; gemm {:.0f} GFLOP/s, copying {:.1f} GB/s\n", threads, threads == 1 ? "" : "s", machine.flops / 1e9,
             machine.bytes / 1e9);
  fmt::print("{:<28} {:>11} {:>11} {:>7} {:>9} {:>9} {:>9}\n", "workload, µs a step", "libtorch", "Reel", "ratio", "of limit", "MB theirs",
             "MB ours");
  double sum = 0, worst = INFINITY;
  std::size_t n = 0;
  std::string name;
  for (const Row& row : rows) {
    fmt::print("{:<28} {:>11.1f} {:>11.1f} {:>7.2f} {:>8.0f}% {:>9.0f} {:>9.0f}\n", row.name, median(row.peer.microseconds),
               median(row.ours.microseconds), row.ratio(), 100 * machine.share(row), median(row.peer.peaks), median(row.ours.peaks));
    if (!row.counts()) continue;
    ++n;
    sum += std::log(row.ratio());
    if (row.ratio() < worst) {
      worst = row.ratio();
      name = row.name;
    }
  }
  if (with_peer && n > 0)
    fmt::print("geometric mean {:.2f} over {} workloads, worst {:.2f} ({})\n", std::exp(sum / static_cast<double>(n)), n, worst, name);
}

int compare(int argc, char** argv) {
  std::vector<std::string> programs;
  int threads = 1, rounds = 3;
  std::string only;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) {
      programs.push_back(word);
    } else if (i + 1 < argc && word == "--only") {
      only = argv[++i];
    } else if (i + 1 < argc && (word == "--threads" || word == "--rounds")) {
      (word == "--threads" ? threads : rounds) = std::atoi(argv[++i]);
    } else {
      programs.clear();
      break;
    }
  }
  if (programs.empty() || programs.size() > 2 || threads < 1 || rounds < 1) {
    fmt::print(stderr, "usage: compare OURS [PEER] [--threads N] [--rounds N] [--only PART-OF-A-NAME]\n");
    return 1;
  }
  std::vector<Row> rows = rows_of(programs[0], only);
  for (Row& row : rows)
    for (int round = 0; round < rounds; ++round) {
      if (programs.size() > 1) row.peer.measure(programs[1], row.peer_name, threads);
      row.ours.measure(programs[0], row.name, threads);
    }
  print(rows, programs.size() > 1, Machine(threads), threads);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return compare(argc, argv);
  } catch (const reel::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
