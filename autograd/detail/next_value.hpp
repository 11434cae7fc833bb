#pragma once
#include <optional>

#include <reel/autograd/parameter.hpp>

namespace reel::detail {

/// A parameter's next value, as a leaf that is ready to replace the present one: everything that allocates is done before put(), which
/// cannot fail. The present leaf stays in the histories that hold it. A value of another dtype clears the gradient.
class NextValue {
 public:
  NextValue(ParameterRef parameter, Array value);
  /// The present value, as a leaf that requires a gradient or not.
  NextValue(ParameterRef parameter, bool requires_grad);

  /// To be called once.
  void put() noexcept;

 private:
  ParameterRef parameter_;
  Tensor leaf_;
  std::optional<bool> requires_grad_;
};

}  // namespace reel::detail
