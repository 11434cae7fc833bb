#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <reel/autograd/debug/condition.hpp>

namespace reel::debug {

/// What an op does to the numbers that are asked about.
enum class Role {
  born,     ///< it made them
  spreads,  ///< it passes on what it got
  masks,    ///< it hides them from what comes after
};

/// One op on the way of an element.
struct Link {
  Entry entry;
  std::size_t number;  ///< of the entry
  Phase phase;         ///< whether its value is meant, or its rule
  Role role;
  Ints index;  ///< the element of the op's value
  double value;
  std::string text;
};

/// Where an element comes from: the way back, from the element that was asked about to the op at which it was born.
class Origin {
 public:
  Origin(std::vector<Link> links, std::string message);

  /// The op that made it.
  Entry born() const { return born_link().entry; }
  const Link& born_link() const&;
  Link born_link() && { return std::as_const(*this).born_link(); }
  const std::vector<Link>& links() const& { return links_; }
  std::vector<Link> links() && { return std::move(links_); }
  /// The op, line, element and numbers in the first line, then the way.
  const std::string& message() const& { return message_; }
  std::string message() && { return std::move(message_); }

 private:
  std::vector<Link> links_;
  std::string message_;
};

}  // namespace reel::debug
