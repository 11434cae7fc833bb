#pragma once
// Internal; not installed.
#include <utility>
#include <vector>

#include <reel/autograd/detail/next_value.hpp>
#include <reel/core/change.hpp>

namespace reel::nn::detail {

/// New values of a module's parameters and buffers, which are put in place together.
class NewValues {
 public:
  void add(const ParameterRef& parameter, Array value) { parameters_.emplace_back(parameter, std::move(value)); }
  void add(Tensor& buffer, Tensor value) { buffers_.emplace_back(&buffer, std::move(value)); }

  void put() noexcept {
    for (reel::detail::NextValue& parameter : parameters_) parameter.put();
    for (auto& [buffer, value] : buffers_) *buffer = std::move(value);
  }

 private:
  std::vector<reel::detail::NextValue> parameters_;
  std::vector<std::pair<Tensor*, Tensor>> buffers_;
};

}  // namespace reel::nn::detail
