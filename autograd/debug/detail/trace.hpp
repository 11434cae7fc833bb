#pragma once
#include <string>
#include <vector>

#include <reel/autograd/debug/detail/run.hpp>
#include <reel/autograd/debug/whence.hpp>

namespace reel::debug {

/// The way of an element from where the trace started to where it was born.
class Trace {
 public:
  explicit Trace(const Run& run) : run_(run) {}

  void add(std::size_t entry, Phase phase, Role role, std::size_t position, double value, std::string text);
  /// Follows a value that is not finite back to the op that made it.
  void follow_value(std::size_t entry, std::size_t position);
  std::vector<Link>& links() { return links_; }
  Origin finish(const std::string& asked) &&;

 private:
  bool goes_on(double value, std::size_t entry, std::size_t position) const;

  const Run& run_;
  std::vector<Link> links_;
};

}  // namespace reel::debug
