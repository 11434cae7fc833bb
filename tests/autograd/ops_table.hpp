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

// What rows have in common.
using In = std::vector<reel::Tensor>;
using Cases = std::vector<std::vector<reel::Shape>>;

inline const std::vector<Range> anything{{-2, 2}};
inline const std::vector<Range> positive{{0.5, 2}};

/// A scalar, one element, none, a matrix, five axes.
inline const Cases unary{{reel::Shape{}}, {{1}}, {{0, 3}}, {{2, 3}}, {{2, 1, 2, 1, 3}}};
/// Equal shapes and broadcasting, to either side and to both.
inline const Cases binary{{reel::Shape{}, reel::Shape{}},
                          {{2, 3}, {2, 3}},
                          {{3, 1}, {1, 4}},
                          {reel::Shape{}, {2, 3}},
                          {{2, 3}, reel::Shape{}},
                          {{3}, {2, 3}},
                          {{2, 3}, {3}},
                          {{1}, {1, 1}},
                          {{0, 3}, {1, 3}},
                          {{0, 3}, reel::Shape{}},
                          {{2, 1, 2, 1, 3}, {1, 2, 1, 2, 1}}};
/// At least one axis, none of them empty.
inline const Cases not_empty{{{1}}, {{4}}, {{2, 3}}, {{2, 1, 2, 1, 3}}};
/// At least two axes.
inline const Cases matrices{{{1, 1}}, {{0, 3}}, {{2, 3}}, {{2, 1, 2, 1, 3}}};

// The rows, an area each; in rows/.
void append_conv(std::vector<Row>& rows);
void append_elementwise(std::vector<Row>& rows);
void append_index(std::vector<Row>& rows);
void append_linalg(std::vector<Row>& rows);
void append_losses(std::vector<Row>& rows);
void append_random(std::vector<Row>& rows);
void append_reduce(std::vector<Row>& rows);
void append_sequence(std::vector<Row>& rows);
void append_shape(std::vector<Row>& rows);

/// Every differentiable op, with every shape that deserves a check.
const std::vector<Row>& gradient_rows();
