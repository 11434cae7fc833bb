#pragma once
#include <functional>
#include <string>
#include <vector>

#include <reel/reel.hpp>

/// Where the elements of an input are drawn from, evenly; away from kinks and the ends of an op's domain.
struct Range {
  double low, high;
};

/// One line of the gradient-check table: an op as the headers name it, and a function that calls it.
struct Row {
  std::string op;
  std::string variant;  // what distinguishes it from other rows of the op
  std::function<reel::Tensor(const std::vector<reel::Tensor>&)> f;
  std::vector<std::vector<reel::Shape>> cases;  // the inputs' shapes, once a case
  std::vector<Range> ranges;                    // the last one holds for all further inputs
};

/// Every differentiable op, with every shape that deserves a check.
const std::vector<Row>& gradient_rows();
