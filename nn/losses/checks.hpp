#pragma once
// Argument checks that the losses' own files share; not installed.
#include <string>

#include <reel/nn/losses/options.hpp>

namespace reel::nn::detail {

/// Throws ShapeError or DtypeError unless a and b have one shape and one floating dtype: losses do not broadcast. A number beside a scalar
/// tensor takes the tensor's dtype.
void check_alike(Literal loss, const Operand& a, const Operand& b, const char* a_name = "prediction", const char* b_name = "target");

/// Throws ShapeError or DtypeError, whose text calls the weight `name`, unless it broadcasts to the losses' shape and has their dtype. An
/// undefined weight passes.
void check_weight(Literal loss, const Operand& at, const char* name, const Tensor& weight, const Shape& shape, Dtype dtype);

/// Throws Error unless low <= x <= high for every element; NaN passes, so that it stays visible in the loss. `rule` ends the text.
void check_range(Literal loss, const Operand& at, const char* name, const Array& x, double low, double high, const char* rule);

/// Throws Error unless every label is 1 or -1.
void check_signs(Literal loss, const Operand& at, const Array& labels);

/// Throws Error, with the operand's place, unless `holds`.
void require(Literal loss, const Operand& at, bool holds, const std::string& broken);

/// PyTorch's lower bound of denominators: 1e-12 as a float, in every dtype.
inline constexpr double least_denominator = 1e-12F;

/// The mean, the sum, or the losses themselves.
Tensor reduced(const Tensor& losses, Reduction reduction);

}  // namespace reel::nn::detail
