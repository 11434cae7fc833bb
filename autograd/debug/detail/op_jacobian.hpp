#pragma once
#include <optional>
#include <vector>

#include <reel/autograd/debug/detail/run.hpp>

namespace reel::debug {

/// One op at the values that it was recorded with. Its Jacobian comes from its own rule, so that an op needs nothing extra.
class OpJacobian {
 public:
  OpJacobian(const Run& run, std::size_t entry);

  std::size_t inputs() const { return values_.size(); }
  const Array& input(std::size_t k) const { return values_[k]; }
  const std::vector<Array>& values() const { return values_; }
  const Array& output() const { return output_; }

  /// The rule's gradient of input k for dy; an undefined tensor if there is none.
  Tensor pull_back(std::size_t k, const Array& dy) const;
  /// ∂y[q]/∂x[p] for every p: the rule applied to a dy that is 1 at q.
  Array row(std::size_t k, std::size_t q) const;
  /// ∂y[q]/∂x[p] for every q: the rule is linear in dy, and its derivative with respect to dy is the Jacobian. By differences if the rule
  /// cannot be differentiated.
  Array column(std::size_t k, std::size_t p) const;
  /// The elements of y that depend on x[p]: those that change when x[p] changes.
  std::vector<std::size_t> depending_on(std::size_t k, std::size_t p) const;
  /// The op's value with element p of input k replaced; an empty array if the op throws.
  Array with(std::size_t k, std::size_t p, double value) const;
  Array with(const std::vector<Array>& inputs) const;
  /// The op at other inputs; nothing if it throws or gives a result of another shape or dtype.
  std::optional<OpJacobian> at(std::vector<Array> inputs) const;

 private:
  Tensor replica(const std::vector<Array>& inputs, const Array& output) const;
  Array column_by_differences(std::size_t k, std::size_t p) const;

  reel::detail::Node* node_;
  Tensor keep_;
  std::vector<Array> values_;
  Array output_;
};

enum class Nonfinite { nan, any };

/// A copy of the array with `value` in place of elements that are not finite, except at the positions `kept` (sorted).
Array without_nonfinite(const Array& array, double value, Nonfinite which = Nonfinite::any, const std::vector<std::size_t>& kept = {});

/// An array with one element replaced.
Array replaced(Array array, std::size_t position, double value);

}  // namespace reel::debug
