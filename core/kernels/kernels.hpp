#pragma once
#include <reel/core/kernels/decompositions.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/linalg.hpp>
#include <reel/core/kernels/matmul.hpp>
#include <reel/core/kernels/movement.hpp>
#include <reel/core/kernels/reduce.hpp>
#include <reel/core/kernels/softmax.hpp>
