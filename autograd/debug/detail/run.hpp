#pragma once
// Internal; not installed.
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <reel/autograd/debug/entry_selector.hpp>
#include <reel/autograd/detail/node.hpp>
#include <reel/autograd/tape.hpp>

namespace reel::debug {

inline constexpr std::size_t npos = ~std::size_t{0};

/// The history of a result by entry number, oldest first, as a Tape numbers it. Keeps it alive.
class Run {
 public:
  /// Throws Error when the history was released, or the result is not defined.
  explicit Run(const Tensor& result);

  const Tensor& result() const { return result_; }
  std::size_t size() const { return history_.items.size(); }
  const reel::detail::History& history() const { return history_; }
  /// Where an entry is in the history, which is newest first; and back.
  std::size_t item(std::size_t entry) const { return size() - 1 - entry; }

  reel::detail::Node* node(std::size_t i) const { return history_.items[item(i)].node; }
  Entry entry(std::size_t i) const { return Entry(Tensor::share(node(i))); }
  const Array& value(std::size_t i) const { return node(i)->value; }
  bool is_op(std::size_t i) const { return node(i)->kind == reel::detail::Kind::op; }
  /// Whether a gradient can reach it.
  bool is_tracked(std::size_t i) const { return node(i)->tracked && is_floating(node(i)->value.dtype()); }

  std::size_t inputs(std::size_t i) const { return node(i)->inputs.size(); }
  /// The entry number of an input; npos where that is a scalar constant.
  std::size_t input(std::size_t i, std::size_t k) const;
  /// The ops that take an entry, newest first, each once.
  std::span<const std::uint32_t> users(std::size_t i) const;

  /// Throws Error when there is no such entry, listing the names.
  std::size_t find(const EntrySelector& which) const;

  /// "y", or "#3" without a name.
  std::string label(std::size_t i) const;
  /// "log #3 'y' (train.cpp:54)"
  std::string title(std::size_t i) const;
  /// "y[1]"
  std::string element(std::size_t i, std::size_t position) const;
  /// Where the user meets an entry: its own line, or for leaves that of the first op that takes it.
  SourceLocation place(std::size_t i) const;

  /// The same ops with other values, from these on; what does not depend on them is shared. Throws ShapeError or DtypeError for a
  /// value that does not fit.
  Tensor with(const std::vector<std::pair<std::size_t, Array>>& replaced) const;

 private:
  void copy_entries();
  void list_users();

  Tensor result_;
  reel::detail::History history_;
  std::vector<std::uint32_t> users_, first_users_;
};

/// The row-major position of an index; without one that of the element that stands out: the first NaN, infinity or largest magnitude.
std::size_t position_of(const Array& array, const Ints& index, const std::string& what);
/// Empty for an array without elements.
Ints index_of(const Shape& shape, std::size_t position);
/// Six digits.
std::string number(double value);
/// "(train.cpp:54)", "(in 1.gate, train.cpp:54)", or nothing.
std::string place_in_brackets(const Entry& entry);

}  // namespace reel::debug
