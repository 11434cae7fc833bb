// The pool where memory runs out, and what it keeps; work that wants threads where there are none.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <new>

#include <reel/core/memory.hpp>
#include <reel/core/parallel.hpp>

#include "survives.hpp"

using namespace failing;

namespace {

/// As many bytes as the next request is for, and no more, in a child process: its answer is whether f() returns true.
template <class F>
bool in_child_without_room(std::size_t bytes, const F& f) {
  const pid_t child = ::fork();
  if (child == 0) {
    rlim_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const auto limit = static_cast<rlim_t>(pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + bytes);
    const rlimit room{limit, RLIM_INFINITY};
    ::setrlimit(RLIMIT_AS, &room);
    bool good = false;
    try {
      good = f();
    } catch (...) {  // the answer is no
    }
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("the pool gives back what it keeps before it says that there is no memory") {
  for (const std::size_t bytes : {std::size_t{1000}, std::size_t{1} << 20}) {
    memory::release_cached();
    void* const block = memory::allocate(bytes);
    memory::deallocate(block, bytes);
    const std::ptrdiff_t in_use = memory::bytes_in_use();
    arm(1, Mode::at_first);
    void* const other = memory::allocate(bytes * 3);
    CHECK(disarm());
    CHECK(memory::cached_bytes() == 0);
    memory::deallocate(other, bytes * 3);
    CHECK(memory::bytes_in_use() == in_use);
  }
}

TEST_CASE("a block that is refused does not count as in use") {
  memory::release_cached();
  const std::ptrdiff_t in_use = memory::bytes_in_use();
  memory::reset_peak();
  arm(1, Mode::once);
  CHECK_THROWS_AS(memory::allocate(std::size_t{1} << 16), std::bad_alloc);
  disarm();
  CHECK(memory::bytes_in_use() == in_use);
  CHECK(memory::peak_bytes() == in_use);
}

TEST_CASE("prefetched batches are not kept by the thread that used them") {
  const data::Dataset set{random::normal({600, 1000}), random::normal({600, 1})};
  data::Batches batches(set, {.batch_size = 30});  // 120 KB of features each
  memory::release_cached();
  for (int pass = 0; pass < 20; ++pass) {
    data::Prefetch ahead(batches, batches.start_pass());
    for (std::size_t i = 0; i < batches.size(); ++i) ahead.next();
  }
  CHECK(memory::cached_bytes() < std::size_t{2} << 20);  // of 48 MB that were made
}

TEST_CASE("batches are made by the caller where the system gives no thread") {
  const data::Dataset set{random::normal({8, 3}), random::normal({8, 1})};
  const data::Batches batches(set, {.batch_size = 3});
  CHECK(in_child_without_room(std::size_t{1} << 20, [&] {
    data::Prefetch ahead(batches);
    bool good = true;
    for (std::size_t i = 0; i < batches.size(); ++i) good = good && identical(ahead.next().features.value(), batches[i].features.value());
    return good;
  }));
}

TEST_CASE("parallel_for does all of its work where the system gives no thread") {
  CHECK(in_child_without_room(std::size_t{1} << 20, [] {
    set_num_threads(4);
    std::vector<int> counts(1000);
    parallel_for(counts.size(), 10, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) ++counts[i];
    });
    return counts == std::vector<int>(1000, 1);
  }));
}
