#pragma once
// Metrics: numbers by which people judge a model.
#include <reel/nn/metrics/classification.hpp>
#include <reel/nn/metrics/confusion.hpp>
#include <reel/nn/metrics/metric.hpp>
#include <reel/nn/metrics/regression.hpp>
