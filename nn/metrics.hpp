#pragma once
// Numbers that people judge a model by.
#include <reel/nn/metrics/classification.hpp>
#include <reel/nn/metrics/confusion.hpp>
#include <reel/nn/metrics/metric.hpp>
#include <reel/nn/metrics/regression.hpp>
