#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <reel/core/detail/float_environment.hpp>
#include <reel/core/error.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/matmul.hpp>
#include <reel/core/parallel.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;

namespace {

/// Sets the number of threads for one test.
class Threads {
 public:
  explicit Threads(std::size_t n) : before_(num_threads()) { set_num_threads(n); }
  ~Threads() { set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  std::size_t before_;
};

std::vector<int> visits(std::size_t n, std::size_t grain) {
  std::vector<int> counts(n);
  parallel_for(n, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) ++counts[i];
  });
  return counts;
}

}  // namespace

TEST_CASE("parallel_for visits every index once, for any number of threads and any grain") {
  for (const std::size_t threads : {1U, 2U, 3U, 7U}) {
    const Threads scope(threads);
    for (const std::size_t n : {0U, 1U, 2U, 9U, 10U, 11U, 1000U, 4097U})
      for (const std::size_t grain : {0U, 1U, 3U, 10U, 5000U}) CHECK(visits(n, grain) == std::vector<int>(n, 1));
  }
}

TEST_CASE("a piece begins at a multiple of the grain and is never empty") {
  const Threads scope(3);
  std::atomic<int> wrong{0};
  for (const std::size_t n : {11U, 100U, 1001U})
    parallel_for(n, 10, [&](std::size_t begin, std::size_t end) { wrong += begin % 10 != 0 || begin >= end || end > n; });
  CHECK(wrong == 0);
}

TEST_CASE("work of one grain, and all work of one thread, is a single call in the calling thread") {
  const auto caller = std::this_thread::get_id();
  for (const std::size_t threads : {1U, 2U}) {
    const Threads scope(threads);
    int calls = 0;
    parallel_for(threads == 1 ? 1000 : 100, 100, [&](std::size_t begin, std::size_t end) {
      ++calls;
      CHECK(begin == 0);
      CHECK(end == (threads == 1 ? 1000 : 100));
      CHECK(std::this_thread::get_id() == caller);
    });
    CHECK(calls == 1);
  }
}

TEST_CASE("several threads do take part") {
  const Threads scope(2);
  std::atomic<int> inside{0}, most{0};
  parallel_for(2, 1, [&](std::size_t, std::size_t) {
    ++inside;
    for (int i = 0; i < 2000 && inside < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    most = std::max(most.load(), inside.load());
  });
  CHECK(most == 2);
}

TEST_CASE("of several exceptions the earliest piece's reaches the caller, and the workers live on") {
  const Threads scope(2);
  for (int round = 0; round < 50; ++round) {
    std::string text;
    try {
      parallel_for(100, 1, [](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i)
          if (i >= 30) throw std::runtime_error("element " + std::to_string(i));
      });
    } catch (const std::runtime_error& e) {
      text = e.what();
    }
    REQUIRE(text == "element 30");
    REQUIRE(visits(100, 1) == std::vector<int>(100, 1));
  }
}

TEST_CASE("a nested parallel_for runs serially and still visits everything") {
  const Threads scope(2);
  std::vector<int> counts(64 * 64);
  parallel_for(64, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row)
      parallel_for(64, 1, [&](std::size_t first, std::size_t last) {
        for (std::size_t column = first; column < last; ++column) ++counts[row * 64 + column];
      });
  });
  CHECK(counts == std::vector<int>(64 * 64, 1));
}

TEST_CASE("several user threads may call at once") {
  const Threads scope(3);
  std::atomic<int> wrong{0};
  std::vector<std::thread> users;
  for (int user = 0; user < 4; ++user)
    users.emplace_back([&] {
      for (int round = 0; round < 200; ++round) wrong += visits(500, 7) != std::vector<int>(500, 1);
    });
  for (std::thread& user : users) user.join();
  CHECK(wrong == 0);
}

TEST_CASE("a forked child computes with workers of its own and exits") {
  const Threads scope(2);
  CHECK(visits(1000, 1) == std::vector<int>(1000, 1));
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(visits(1000, 1) == std::vector<int>(1000, 1) ? 0 : 1);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

namespace {

/// Puts the calling thread's floating-point environment back.
class KeepEnvironment {
 public:
  KeepEnvironment() : before_(detail::FloatEnvironment::current()) {}
  ~KeepEnvironment() { before_.apply(); }
  KeepEnvironment(const KeepEnvironment&) = delete;
  KeepEnvironment& operator=(const KeepEnvironment&) = delete;

 private:
  detail::FloatEnvironment before_;
};

void flush_denormals() {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040);  // FTZ and DAZ
#endif
}

/// A third and a half of the smallest normal number, as each of two threads at a time computes them.
std::vector<double> third_and_half_of_two_threads() {
  std::vector<double> results(4);
  std::atomic<int> inside{0};
  parallel_for(2, 1, [&](std::size_t begin, std::size_t) {
    ++inside;
    for (int i = 0; i < 1000 && inside < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const volatile double one = 1, three = 3, half = 0.5, smallest = std::numeric_limits<double>::min();
    results[2 * begin] = one / three;
    results[2 * begin + 1] = smallest * half;
  });
  REQUIRE(inside == 2);
  return results;
}

}  // namespace

TEST_CASE("workers round and flush denormal numbers as the caller does, also when they were started before") {
  const Threads scope(2);
  const KeepEnvironment keep;
  const detail::FloatEnvironment before = detail::FloatEnvironment::current();
  const std::vector<double> usual = third_and_half_of_two_threads();
  CHECK(usual[0] == usual[2]);
  CHECK(usual[1] > 0);
  CHECK(usual[1] == usual[3]);
  std::fesetround(FE_UPWARD);
  flush_denormals();
  const std::vector<double> changed = third_and_half_of_two_threads();
  CHECK(changed[0] > usual[0]);
  CHECK(changed[0] == changed[2]);
  CHECK(changed[1] == changed[3]);
#if defined(__x86_64__)
  CHECK(changed[1] == 0);
#endif
  before.apply();
  CHECK(third_and_half_of_two_threads() == usual);
}

TEST_CASE("one and two threads give the same bits in every floating-point environment") {
  const KeepEnvironment keep;
  const Array tiny = Array::full({1 << 18}, 3e-40), third = Array::full({1 << 18}, 1.0 / 3), matrix = Array::full({300, 300}, 1.0 / 3);
  const auto results = [&](std::size_t threads) {
    const Threads scope(threads);
    return std::vector{kernels::add(tiny, tiny), kernels::mul(third, third), kernels::matmul(matrix, matrix)};
  };
  static_cast<void>(results(2));  // starts the workers
  for (const int rounding : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    std::fesetround(rounding);
    flush_denormals();
    const std::vector<Array> one = results(1), two = results(2);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(identical(one[i], two[i]));
  }
}

TEST_CASE("the number of threads is 1 or more") {
  CHECK_THROWS_AS(set_num_threads(0), Error);
  CHECK_THROWS_WITH(set_num_threads(0), "set_num_threads: n is 0; the calling thread counts, so n is 1 or more");
  const Threads scope(5);
  CHECK(num_threads() == 5);
}

TEST_CASE("the number of threads starts from the environment") {
  const char* const set = std::getenv("REEL_NUM_THREADS");
  const std::string before = set ? set : "";
  setenv("REEL_NUM_THREADS", "3", 1);
  CHECK(detail::default_threads() == 3);
  for (const char* const bad : {"0", "-1", "two", "2x", "99999999999999999999999"}) {
    setenv("REEL_NUM_THREADS", bad, 1);
    CHECK_THROWS_WITH(detail::default_threads(),
                      "REEL_NUM_THREADS is \"" + std::string(bad) + "\"; it must be a whole number of 1 or more");
  }
  unsetenv("REEL_NUM_THREADS");
  CHECK(detail::default_threads() >= 1);
  if (set) setenv("REEL_NUM_THREADS", before.c_str(), 1);
}
