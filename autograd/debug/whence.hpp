#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <reel/autograd/debug/condition.hpp>

namespace reel::debug {

/// What an op does to the element that is traced.
enum class Role {
  born,     ///< the op made it
  spreads,  ///< the op passes it on
  masks,    ///< the op hides it from later ops
};

/// One op on the way from an element back to its origin.
struct Link {
  Entry entry;
  std::size_t number;  ///< the entry's number
  Phase phase;         ///< forward: the entry's value is meant; backward: its rule
  Role role;
  Ints index;  ///< the element of the op's value
  double value;
  std::string text;
};

/// The origin of an element: the way back from that element to the op at which it was born.
class Origin {
 public:
  Origin(std::vector<Link> links, std::string message);

  /// The op that made the element.
  Entry born() const { return born_link().entry; }
  const Link& born_link() const&;
  Link born_link() && { return std::as_const(*this).born_link(); }
  const std::vector<Link>& links() const& { return links_; }
  std::vector<Link> links() && { return std::move(links_); }
  /// Text: the op, line, element and numbers in the first line, then the way.
  const std::string& message() const& { return message_; }
  std::string message() && { return std::move(message_); }

 private:
  std::vector<Link> links_;
  std::string message_;
};

}  // namespace reel::debug
