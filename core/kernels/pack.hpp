#pragma once
// Packs of lanes and the elementary functions on them.
#include <reel/core/kernels/pack_functions.hpp>
#include <reel/core/kernels/pack_type.hpp>
