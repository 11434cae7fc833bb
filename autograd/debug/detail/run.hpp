#pragma once
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <reel/autograd/debug/entry_selector.hpp>
#include <reel/autograd/detail/node.hpp>
#include <reel/autograd/tape.hpp>

namespace reel::debug {

inline constexpr std::size_t npos = ~std::size_t{0};

/// The history of a result by entry number, oldest first, as a Tape numbers it. A Run keeps the history alive.
class Run {
 public:
  /// Throws Error when the history was released, or the result is not defined.
  explicit Run(const Tensor& result);

  const Tensor& result() const { return result_; }
  std::size_t size() const { return history_.items.size(); }
  const reel::detail::History& history() const { return history_; }
  /// The position of an entry in the history, which is newest first, and the reverse.
  std::size_t item(std::size_t entry) const { return size() - 1 - entry; }

  reel::detail::Node* node(std::size_t i) const { return history_.items[item(i)].node; }
  Entry entry(std::size_t i) const { return Entry(Tensor::share(node(i))); }
  const Array& value(std::size_t i) const { return node(i)->value; }
  bool is_op(std::size_t i) const { return node(i)->kind == reel::detail::Kind::op; }
  /// Whether a gradient can reach the entry.
  bool is_tracked(std::size_t i) const { return node(i)->tracked && is_floating(node(i)->value.dtype()); }

  std::size_t inputs(std::size_t i) const { return node(i)->inputs.size(); }
  /// The entry number of an input; npos if that is a scalar constant.
  std::size_t input(std::size_t i, std::size_t k) const;
  /// The ops that use an entry, newest first, each once.
  std::span<const std::uint32_t> users(std::size_t i) const;

  /// Throws Error when there is no such entry, listing the names.
  std::size_t find(const EntrySelector& which) const;

  /// "y", or "#3" without a name.
  std::string label(std::size_t i) const;
  /// "log #3 'y' (train.cpp:54)"
  std::string title(std::size_t i) const;
  /// "y[1]"
  std::string element(std::size_t i, std::size_t position) const;
  /// The line to show for an entry: its own, or for a leaf that of the first op that uses it.
  SourceLocation place(std::size_t i) const;

  /// Computes the same ops with these values replaced; entries that do not depend on them are shared. Throws ShapeError or DtypeError for a
  /// value that does not fit.
  Tensor with(const std::vector<std::pair<std::size_t, Array>>& replaced) const;

 private:
  void copy_entries();
  void list_users();

  Tensor result_;
  reel::detail::History history_;
  std::vector<std::uint32_t> users_, first_users_;
};

/// The row-major position of an index; without an index that of the element that stands out: the first NaN or infinity, else the largest
/// magnitude.
std::size_t position_of(const Array& array, const Ints& index, const std::string& what);
/// The index of a position; empty for an array without elements.
Ints index_of(const Shape& shape, std::size_t position);
/// The number with six digits.
std::string number(double value);
/// "(train.cpp:54)", "(in 1.gate, train.cpp:54)", or nothing.
std::string place_in_brackets(const Entry& entry);

}  // namespace reel::debug
