#pragma once
#include <string>
#include <utility>
#include <vector>

#include <reel/autograd/tensor.hpp>

namespace reel {

/// One entry of the tape: a recorded op, or a leaf. An Entry is a handle, which keeps the tensor that it stands for alive.
class Entry {
 public:
  explicit Entry(Tensor output) : output_(std::move(output)) {}

  /// The op's name, such as "matmul"; for leaves "parameter", "variable" or "constant".
  std::string op() const;
  /// The local derivative rule as text, such as "dx = dy·2x"; empty for leaves.
  std::string rule() const;
  /// The options that the op captured, as text, e.g. "axis=(1,)"; may be empty.
  std::string attributes() const;
  std::string name() const { return output_.name(); }
  /// The path of the module whose call recorded the entry, e.g. "1.gate"; empty outside modules.
  std::string module() const;
  /// The line of the user's program that recorded the entry; unknown (line 0) for leaves.
  SourceLocation location() const;
  bool is_leaf() const;
  /// The tensors that the op was applied to; empty for leaves, and after backward() released the history.
  std::vector<Tensor> inputs() const;
  Tensor output() const { return output_; }
  Array value() const { return output_.value(); }
  /// Computes the op again from these arrays, one per input, and returns its result. Throws Error for a leaf, for a wrong number of arrays,
  /// and when the history was released.
  Array run(const std::vector<Array>& inputs) const;

 private:
  Tensor output_;
};

struct TapePrintOptions {
  /// A tape with more entries than this is printed with its middle left out.
  std::size_t threshold = 100;
  /// Number of entries that are then printed at the beginning and at the end.
  std::size_t edge_items = 20;
};

/// The history of a result, oldest entry first: leaves and ops, every input before the entries that are computed from it. No recorder has
/// to be started beforehand. A Tape keeps its entries alive. A scalar constant such as the 2 in `2 * x` is no entry; it is printed in the
/// line of the op that uses it.
class Tape {
 public:
  /// Throws Error when the tensor is not defined.
  explicit Tape(const Tensor& result, SourceLocation at = SourceLocation::here());

  std::size_t size() const { return entries_.size(); }
  /// Entry i. Throws ShapeError when i is out of range.
  const Entry& operator[](std::size_t i) const&;
  Entry operator[](std::size_t i) && { return std::as_const(*this)[i]; }
  std::vector<Entry>::const_iterator begin() const { return entries_.begin(); }
  std::vector<Entry>::const_iterator end() const { return entries_.end(); }
  /// The number of the newest entry with this name. Throws Error when there is none, listing the names that exist.
  std::size_t find(const std::string& name, SourceLocation at = SourceLocation::here()) const;

  /// Computes every op again, oldest first, and returns the value of each entry. Leaves keep their values, except those in `replaced`, a
  /// list of (entry number, new value of the same shape and dtype), which may also name ops. Without replacements the values are bitwise
  /// the same. Throws Error when the history was released, ShapeError or DtypeError for a replacement that does not fit. With replacements,
  /// also throws Error when an op reads an int64 or bool result of other entries (a comparison, say): that result is a constant on the tape
  /// unless it was watched.
  std::vector<Array> rerun(const std::vector<std::pair<std::size_t, Array>>& replaced = {}) const;

  /// One line per entry: number, op, inputs, attributes, shape and dtype, name, module, file:line.
  std::string to_string(const TapePrintOptions& options = {}) const;

 private:
  std::vector<Entry> entries_;
  std::vector<std::size_t> edges_;        // positions of inputs; npos where the input is a scalar constant
  std::vector<std::size_t> first_edges_;  // one per entry
};

/// Prints tape.to_string() with the default options.
std::ostream& operator<<(std::ostream& out, const Tape& tape);

}  // namespace reel

template <>
struct fmt::formatter<reel::Tape> : fmt::formatter<fmt::string_view> {
  fmt::format_context::iterator format(const reel::Tape& tape, fmt::format_context& context) const;
};
