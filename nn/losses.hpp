#pragma once
#include <reel/nn/losses/classification.hpp>
#include <reel/nn/losses/embedding.hpp>
#include <reel/nn/losses/options.hpp>
#include <reel/nn/losses/regression.hpp>
#include <reel/nn/losses/sequence.hpp>

/// How wrong a prediction is. Prediction and target have one shape (they do not broadcast: (n, 1) against (n,) is the classic silent
/// mistake), and one floating dtype, except where a loss says otherwise. ShapeError and DtypeError name both. Unless options say otherwise,
/// a loss is the mean of the losses of its elements or samples. Definitions are PyTorch's.
