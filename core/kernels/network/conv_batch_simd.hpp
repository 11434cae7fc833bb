#pragma once
// Convolutions in which each lane of a vector is an image: however small planes are, no lane is idle and no tap reads a zero of the
// padding.
#include <reel/core/kernels/conv.hpp>

namespace reel::kernels {

/// Whether there are enough images for it, and planes so small that vectors of neighbouring places would have many lanes idle.
template <class T>
bool fills_lanes_with_images(const Conv& c);

// The three maps of a convolution. The gradient with respect to the weight is added to dw.
template <class T>
void conv_images(const Conv& c, const T* x, const T* weight, const T* bias, T* y);
template <class T>
void conv_transpose_images(const Conv& c, const T* dy, const T* weight, const T* bias, T* dx);
template <class T>
void conv_weight_backward_images(const Conv& c, const T* x, const T* dy, T* dw);

}  // namespace reel::kernels
