#pragma once
#include <string>
#include <utility>
#include <vector>

#include <reel/autograd/tensor.hpp>

namespace reel {

/// One line of the tape: an op that was recorded, or a leaf. A handle, which keeps what it stands for alive.
class Entry {
 public:
  explicit Entry(Tensor output) : output_(std::move(output)) {}

  /// "matmul"; for leaves "parameter", "variable" or "constant".
  std::string op() const;
  /// The local derivative rule in words; empty for leaves.
  std::string rule() const;
  /// What the op captured, e.g. "axis=(1,)"; may be empty.
  std::string attributes() const;
  std::string name() const { return output_.name(); }
  /// The path of the module whose call recorded it, e.g. "1.gate"; empty outside modules.
  std::string module() const;
  /// Where the user's program recorded it; unknown (line 0) for leaves.
  SourceLocation location() const;
  bool is_leaf() const;
  /// Empty for leaves, and after backward() released the history.
  std::vector<Tensor> inputs() const;
  Tensor output() const { return output_; }
  Array value() const { return output_.value(); }
  /// Computes the op again from these arrays, one an input. Throws Error for a leaf, for another number of them, and when the history
  /// was released.
  Array run(const std::vector<Array>& inputs) const;

 private:
  Tensor output_;
};

struct TapePrintOptions {
  /// A tape of more entries than this is printed with its middle left out.
  std::size_t threshold = 100;
  /// How many entries are then left at either end.
  std::size_t edge_items = 20;
};

/// The history of a result, oldest entry first: leaves and ops, an input always before what is computed from it. Needs no recorder
/// started beforehand, and keeps its entries alive. Scalar constants such as the 2 in `2 * x` are shown where they are used.
class Tape {
 public:
  /// Throws Error when the tensor is not defined.
  explicit Tape(const Tensor& result, SourceLocation at = SourceLocation::here());

  std::size_t size() const { return entries_.size(); }
  /// Throws ShapeError out of range.
  const Entry& operator[](std::size_t i) const&;
  Entry operator[](std::size_t i) && { return std::as_const(*this)[i]; }
  std::vector<Entry>::const_iterator begin() const { return entries_.begin(); }
  std::vector<Entry>::const_iterator end() const { return entries_.end(); }
  /// The newest entry of this name. Throws Error when there is none, listing the names that there are.
  std::size_t find(const std::string& name, SourceLocation at = SourceLocation::here()) const;

  /// Computes every op again, oldest first; leaves keep their values, except those in `replaced` (entry number, new value of the
  /// same shape and dtype), which may also be ops. Returns the value of each entry. Without replacements the bits are the same.
  /// Throws Error when the history was released, ShapeError or DtypeError for a replacement that does not fit. With replacements also when
  /// an op reads an int64 or bool result (a comparison, say) of other entries, which is a constant on the tape unless it was watched.
  std::vector<Array> rerun(const std::vector<std::pair<std::size_t, Array>>& replaced = {}) const;

  /// One line an entry: number, op, inputs, attributes, shape and dtype, name, module, file:line.
  std::string to_string(const TapePrintOptions& options = {}) const;

 private:
  std::vector<Entry> entries_;
  std::vector<std::size_t> edges_;        // positions of inputs; npos where the input is a scalar constant
  std::vector<std::size_t> first_edges_;  // one an entry
};

/// All its lines.
std::ostream& operator<<(std::ostream& out, const Tape& tape);

}  // namespace reel

template <>
struct fmt::formatter<reel::Tape> : fmt::formatter<fmt::string_view> {
  fmt::format_context::iterator format(const reel::Tape& tape, fmt::format_context& context) const;
};
