#pragma once
#include <reel/core/kernels/conv.hpp>

#include <reel/core/kernels/choose.hpp>#include <reel/core/kernels/decompositions.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/index.hpp>
#include <reel/core/kernels/linalg.hpp>
#include <reel/core/kernels/matmul.hpp>
#include <reel/core/kernels/movement.hpp>
#include <reel/core/kernels/pool.hpp>
#include <reel/core/kernels/reduce.hpp>
#include <reel/core/kernels/resample.hpp>
#include <reel/core/kernels/softmax.hpp>
#include <reel/core/kernels/unfold.hpp>

#include <reel/core/kernels/scan.hpp>
#include <reel/core/kernels/slicing.hpp>
#include <reel/core/kernels/sort.hpp>
#include <reel/core/kernels/statistics.hpp>