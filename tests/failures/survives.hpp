#pragma once
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <reel/reel.hpp>

#include "memory.hpp"

namespace failing {

using namespace reel;

/// Bytes, to compare.
class Digest {
 public:
  Digest& add(const Array& array) {
    add(to_string(array.shape()) + std::string(name_of(array.dtype())));
    if (array.bytes() > 0) text_.append(static_cast<const char*>(array.raw()), array.bytes());
    return *this;
  }
  Digest& add(const Tensor& tensor) { return tensor.defined() ? add(tensor.value()) : add("undefined"); }
  Digest& add(const std::vector<Tensor>& tensors) {
    for (const Tensor& t : tensors) add(t);
    return *this;
  }
  Digest& add(const std::vector<Array>& arrays) {
    for (const Array& a : arrays) add(a);
    return *this;
  }
  Digest& add(const State& state) {
    for (const auto& [name, value] : state) add(name).add(value);
    return *this;
  }
  /// Values, gradients and flags.
  Digest& add(const std::vector<ParameterRef>& parameters) {
    for (const ParameterRef& p : parameters) {
      add(p.name()).add(p.value()).add(p.requires_grad() ? "trained" : "frozen").add(p.tensor().has_history() ? "tracked" : "constant");
      add(p.has_grad() ? p.grad() : Tensor());
    }
    return *this;
  }
  Digest& add(const std::string& text) {
    text_ += text + '\0';
    return *this;
  }
  Digest& add(const char* text) { return add(std::string(text)); }
  Digest& add(double number) { return add(fmt::format("{}", number)); }
  std::string text() const { return text_; }
  operator std::string() const { return text_; }

 private:
  std::string text_;
};

struct Options {
  std::vector<std::size_t> threads = {1};
  /// Blocks come from one thread and go back in another, so that the calling thread's count says nothing.
  bool pool_moves = false;
};

inline long next(long k) { return k < 200 ? k + 1 : k + 1 + (k - 200) / 10; }

/// What happened when the k-th request was refused, or an empty text where all is well.
template <class Subject>
std::string trouble_at(long k, Mode mode, const std::string& expected, const Options& options, bool& fired) {
  std::string trouble;
  for (int attempt = 0; attempt < 2; ++attempt) {  // what is made once in a process, and kept, is no loss
    trouble.clear();
    memory::release_cached();
    const long blocks = live();
    const std::ptrdiff_t in_use = memory::bytes_in_use();
    {
      Subject subject;
      const std::string before = subject.state();
      bool threw = false;
      std::string what;
      arm(k, mode);
      try {
        subject.run();
      } catch (const std::exception& e) {
        fired = disarm();
        threw = true;
        what = e.what();
      } catch (...) {
        fired = disarm();
        threw = true;
      }
      if (!threw) fired = disarm();
      if (threw) {
        if (!fired) trouble = "it threw without a reason: " + what;
        if (subject.state() != before) trouble = "the state is not what it was, after: " + what;
        try {
          subject.run();
        } catch (const std::exception& e) {
          trouble += fmt::format("the second try threw: {}, after: {}", e.what(), what);
        }
      }
      if (trouble.empty() && subject.result() != expected) trouble = "the result is another, after: " + (threw ? what : "no exception");
    }
    if (!trouble.empty()) return trouble;
    if (live() == blocks && (options.pool_moves || memory::bytes_in_use() == in_use)) return {};
    trouble = fmt::format("lost {} blocks of operator new, {} bytes of the pool", live() - blocks, memory::bytes_in_use() - in_use);
  }
  return trouble;
}

/// A Subject, made anew each time, has run(), during which memory runs out at each request once; result(), of a run without a failure; and
/// state(), which a run that throws must leave as it was. After a failure it has to run again, with the same result, and nothing is lost.
template <class Subject>
void survives(const Options& options = {}) {
  for (const std::size_t threads : options.threads) {
    set_num_threads(threads);
    std::string expected;
    for (int round = 0; round < 3; ++round) {  // makes what is made once
      Subject subject;
      subject.state();
      subject.run();
      expected = subject.result();
    }
    for (const Mode mode : {Mode::once, Mode::for_good}) {
      bool fired = true;
      long points = 0;
      int reported = 0;
      for (long k = 1; fired && reported < 3; k = next(k)) {
        const std::string trouble = trouble_at<Subject>(k, mode, expected, options, fired);
        points += fired;
        if (trouble.empty()) continue;
        ++reported;
        UNSCOPED_INFO("request " << k << (mode == Mode::once ? ", refused once" : " and all after it refused") << ", threads: " << threads);
        CHECK(trouble == "");
      }
      CHECK(points > 0);
    }
  }
  set_num_threads(1);
}

}  // namespace failing
