#pragma once
// Convolutions in which each lane of a SIMD vector is an image of the batch: no lane is idle, however small the planes are, and no tap
// reads a zero of the padding.
#include <reel/core/kernels/conv.hpp>

namespace reel::kernels {

/// Whether there are enough images to fill the lanes, and the planes are so small that vectors of neighbouring places would have many idle
/// lanes.
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
