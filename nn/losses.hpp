#pragma once
#include <reel/nn/losses/classification.hpp>
#include <reel/nn/losses/embedding.hpp>
#include <reel/nn/losses/options.hpp>
#include <reel/nn/losses/regression.hpp>
#include <reel/nn/losses/sequence.hpp>

/// Losses measure how wrong a prediction is. Prediction and target have one shape (they do not broadcast: (n, 1) against (n,) is the
/// classic silent mistake) and one floating dtype, except where a loss says otherwise; the ShapeError or DtypeError names both. By default
/// a loss returns the mean over its elements or samples, a tensor of shape (); the option `reduction` asks for the sum or for one value per
/// element or sample. Definitions are PyTorch's.
