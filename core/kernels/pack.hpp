#pragma once
// Packs of lanes and the elementary functions on them.
#include <reel/core/kernels/simd/vec.hpp>
#include <reel/core/kernels/simd/vec_math.hpp>
