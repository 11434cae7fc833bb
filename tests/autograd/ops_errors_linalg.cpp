#include <cmath>
#include <string>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <reel/reel.hpp>

#include "message.hpp"

using namespace reel;
using reel::test::dtype_error;
using reel::test::expect;
using reel::test::shape_error;

namespace {

Tensor floats(const Shape& shape) { return variable(zeros(shape)); }
Tensor doubles(const Shape& shape) { return variable(zeros(shape, {.dtype = float64})); }
Tensor integers(const Shape& shape) { return zeros(shape, {.dtype = int64}); }

Tensor eye2() { return tensor({{1.0, 0.0}, {0.0, 1.0}}); }
Tensor eye3() { return tensor({{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}}, {.dtype = float64}); }

}  // namespace

// A place is that of the operand, so each case has its call and its __LINE__ on one line; the text follows below.
// clang-format off

TEST_CASE("matmul names both shapes and what they need") {
  shape_error(__LINE__, [] { matmul(floats({2, 3}), floats({2, 3})); },
              "matmul: a is (2, 3) and b is (2, 3); a needs as many columns as b has rows");
  shape_error(__LINE__, [] { matmul(floats({2, 3}), floats({3, 2}), {.a = true}); },
              "matmul: a is (2, 3) transposed and b is (3, 2); a needs as many columns as b has rows");
  shape_error(__LINE__, [] { matmul(floats({2, 3}), floats({3, 2}), {.b = true}); },
              "matmul: a is (2, 3) and b is (3, 2) transposed; a needs as many columns as b has rows");
  shape_error(__LINE__, [] { matmul(floats({3}), floats({2, 3})); },
              "matmul: a is (3,) and b is (2, 3); a needs as many elements as b has rows");
  shape_error(__LINE__, [] { matmul(floats({2, 3}), floats({2})); },
              "matmul: a is (2, 3) and b is (2,); a needs as many columns as b has elements");
  shape_error(__LINE__, [] { matmul(floats({3}), floats({3, 2}), {.a = true}); },
              "matmul: a is (3,) transposed and b is (3, 2); a vector has no transpose");
  shape_error(__LINE__, [] { matmul(floats({3, 2}), floats({2}), {.b = true}); },
              "matmul: a is (3, 2) and b is (2,) transposed; a vector has no transpose");
  shape_error(__LINE__, [] { matmul(floats({3, 2}), 2); },
              "matmul: a is (3, 2) and b is (); a number is no matrix and no vector (* multiplies by numbers)");
  shape_error(__LINE__, [] { matmul(floats({2, 2, 3}), floats({3, 3, 2})); },
              "matmul: a is (2, 2, 3) and b is (3, 3, 2); the axes before the last two do not broadcast");
  dtype_error(__LINE__, [] { matmul(floats({2, 3}), doubles({3, 2})); },
              "matmul: a is float32 and b is float64; both need float32, or both float64 (astype converts)");
  dtype_error(__LINE__, [] { matmul(integers({2, 3}), integers({3, 2})); },
              "matmul: a is int64 and b is int64; both need float32, or both float64 (astype converts)");
}

TEST_CASE("dot and outer name both shapes") {
  shape_error(__LINE__, [] { dot(floats({3}), floats({2})); }, "dot: a is (3,) and b is (2,); both need one length");
  shape_error(__LINE__, [] { dot(floats({2, 3}), floats({3})); }, "dot: a is (2, 3) and b is (3,); both need one axis");
  shape_error(__LINE__, [] { outer(floats({3}), floats({3, 2})); }, "outer: a is (3,) and b is (3, 2); both need one axis");
  dtype_error(__LINE__, [] { dot(floats({3}), doubles({3})); },
              "dot: a is float32 and b is float64; both need float32, or both float64 (astype converts)");
  dtype_error(__LINE__, [] { outer(integers({3}), integers({3})); },
              "outer: a is int64 and b is int64; both need float32, or both float64 (astype converts)");
}

TEST_CASE("matmul_to names the three batches") {
  shape_error(__LINE__, [] { matmul_to(floats({2, 2, 3}), floats({3, 2}), {3}); },
              "matmul_to: a is (2, 2, 3), b is (3, 2) and the batch axes are to be (3,); they do not broadcast with those before the last two");
  shape_error(__LINE__, [] { matmul_to(floats({3}), floats({3, 2}), {3}); }, "matmul_to: a is (3,) and b is (3, 2); both need at least two axes");
}

TEST_CASE("linear algebra refuses what is no square matrix of real numbers") {
  shape_error(__LINE__, [] { inverse(floats({2, 3})); }, "inverse: a is (2, 3); it needs as many rows as columns");
  shape_error(__LINE__, [] { inverse(floats({3})); }, "inverse: a is (3,); it needs two axes or more, with matrices on the last two");
  shape_error(__LINE__, [] { inverse(2.0); }, "inverse: a is (); it needs two axes or more, with matrices on the last two");
  shape_error(__LINE__, [] { cholesky(floats({4, 2, 3})); }, "cholesky: a is (4, 2, 3); it needs as many rows as columns");
  shape_error(__LINE__, [] { det(floats({2, 3})); }, "det: a is (2, 3); it needs as many rows as columns");
  shape_error(__LINE__, [] { logdet(floats({2, 3})); }, "logdet: a is (2, 3); it needs as many rows as columns");
  shape_error(__LINE__, [] { slogdet(floats({2, 3})); }, "slogdet: a is (2, 3); it needs as many rows as columns");
  shape_error(__LINE__, [] { eigh(floats({2, 3})); }, "eigh: a is (2, 3); it needs as many rows as columns");
  shape_error(__LINE__, [] { svd(floats({3})); }, "svd: a is (3,); it needs two axes or more, with matrices on the last two");
  shape_error(__LINE__, [] { qr(floats({})); }, "qr: a is (); it needs two axes or more, with matrices on the last two");
  shape_error(__LINE__, [] { trace(floats({3})); }, "trace: a is (3,); it needs two axes or more, with matrices on the last two");
  dtype_error(__LINE__, [] { inverse(integers({2, 2})); }, "inverse: a is int64; it needs float32 or float64 (astype converts)");
  dtype_error(__LINE__, [] { det(integers({2, 2})); }, "det: a is int64; it needs float32 or float64 (astype converts)");
  dtype_error(__LINE__, [] { svd(integers({2, 2})); }, "svd: a is int64; it needs float32 or float64 (astype converts)");
}

TEST_CASE("solve names both shapes") {
  shape_error(__LINE__, [] { solve(floats({3, 3}), floats({2})); }, "solve: a is (3, 3) and b is (2,); b needs 3 rows, or to be a vector of 3");
  shape_error(__LINE__, [] { solve(floats({3, 3}), floats({2, 3})); }, "solve: a is (3, 3) and b is (2, 3); b needs 3 rows, or to be a vector of 3");
  shape_error(__LINE__, [] { solve(floats({3, 3}), 1.0); }, "solve: a is (3, 3) and b is (); b needs 3 rows, or to be a vector of 3");
  shape_error(__LINE__, [] { solve(floats({2, 3}), floats({2})); }, "solve: a is (2, 3); it needs as many rows as columns");
  shape_error(__LINE__, [] { solve(floats({2, 3, 3}), floats({4, 3, 1})); },
              "solve: a is (2, 3, 3) and b is (4, 3, 1); the axes before the matrices do not broadcast");
  shape_error(__LINE__, [] { solve_triangular(floats({3, 3}), floats({4, 2})); },
              "solve_triangular: a is (3, 3) and b is (4, 2); b needs 3 rows, or to be a vector of 3");
  dtype_error(__LINE__, [] { solve(floats({3, 3}), doubles({3})); },
              "solve: a is float32 and b is float64; both need float32, or both float64 (astype converts)");
}

TEST_CASE("matrices without a result are named, with the row or pivot that has none") {
  const Tensor singular = tensor({{4.0, 2.0, 0.0}, {0.0, 2.0, 1.0}, {4.0, 4.0, 1.0}}, {.dtype = float64});
  const Tensor some = reshape(concatenate({eye3(), singular}), {2, 3, 3});
  expect<Error>(__LINE__, [&] { inverse(singular); }, "inverse: a is (3, 3) and singular: row 2 depends on the rows before it (pivot 2 is 0)");
  expect<Error>(__LINE__, [&] { inverse(some); }, "inverse: matrix (1,) of a, (2, 3, 3), is singular: row 2 depends on the rows before it (pivot 2 is 0)");
  expect<Error>(__LINE__, [&] { inverse(reshape(some, {2, 1, 3, 3})); },
                "inverse: matrix (1, 0) of a, (2, 1, 3, 3), is singular: row 2 depends on the rows before it (pivot 2 is 0)");
  expect<Error>(__LINE__, [&] { solve(singular, doubles({3})); }, "solve: a is (3, 3) and singular: row 2 depends on the rows before it (pivot 2 is 0)");
  expect<Error>(__LINE__, [&] { solve(some, doubles({3, 1})); },
                "solve: matrix (1,) of a, (2, 3, 3), is singular: row 2 depends on the rows before it (pivot 2 is 0)");
  expect<Error>(__LINE__, [] { inverse(doubles({2, 2})); }, "inverse: a is (2, 2) and singular: row 0 depends on the rows before it (pivot 0 is 0)");
  expect<Error>(__LINE__, [] { solve_triangular(tensor({{1.0, 0.0}, {1.0, 0.0}}), floats({2})); },
                "solve_triangular: a is (2, 2) and singular: element 1 of its diagonal is 0");
  const Tensor indefinite = tensor({{1.0, 2.0}, {2.0, 1.0}});
  expect<Error>(__LINE__, [&] { cholesky(indefinite); }, "cholesky: a is (2, 2) and not positive definite: pivot 1 is not above 0");
  expect<Error>(__LINE__, [&] { cholesky(reshape(concatenate({eye2(), indefinite, -eye2()}), {3, 2, 2})); },
                "cholesky: matrix (1,) of a, (3, 2, 2), is not positive definite: pivot 1 is not above 0");
  expect<Error>(__LINE__, [] { cholesky(full({2, 2}, std::nan(""))); }, "cholesky: a is (2, 2) and not positive definite: pivot 0 is not above 0");
  expect<Error>(__LINE__, [] { eigh(full({2, 2}, std::nan(""))); }, "eigh: a is (2, 2) and not finite: it has an infinity or a NaN");
  expect<Error>(__LINE__, [] { svd(full({3, 2, 2}, HUGE_VAL)); }, "svd: matrix (0,) of a, (3, 2, 2), is not finite: it has an infinity or a NaN");
}

TEST_CASE("einsum says where an equation cannot be read, and what does not fit") {
  const Tensor a = floats({2, 3}), b = floats({4, 5});
  expect<Error>(__LINE__, [&] { einsum("ij,jk->ik", {a}); }, "einsum \"ij,jk->ik\": the equation has 2 terms and there is 1 operand");
  expect<Error>(__LINE__, [&] { einsum("ij->i", {a, b}); }, "einsum \"ij->i\": the equation has 1 term and there are 2 operands");
  expect<Error>(__LINE__, [&] { einsum("ij->i", {}); }, "einsum \"ij->i\": there are no operands");
  expect<Error>(__LINE__, [&] { einsum("i3->i", {a}); }, "einsum \"i3->i\": character 1, '3', is no letter, comma, ellipsis (...) or arrow (->)");
  expect<Error>(__LINE__, [&] { einsum("ij>i", {a}); }, "einsum \"ij>i\": character 2, '>', is no letter, comma, ellipsis (...) or arrow (->)");
  expect<Error>(__LINE__, [&] { einsum("i..j", {a}); }, "einsum \"i..j\": character 1, '.', is not one of three in a row (...)");
  expect<Error>(__LINE__, [&] { einsum("...i...", {a}); }, "einsum \"...i...\": character 4 begins a second ellipsis in one term");
  expect<Error>(__LINE__, [&] { einsum("ij->i->j", {a}); }, "einsum \"ij->i->j\": character 5 begins a second arrow");
  expect<Error>(__LINE__, [&] { einsum("ij->i,j", {a}); }, "einsum \"ij->i,j\": character 5 is a comma behind the arrow; there is one result");
  expect<Error>(__LINE__, [&] { einsum("ij->ik", {a}); }, "einsum \"ij->ik\": index k of the result is in no term");
  expect<Error>(__LINE__, [&] { einsum("ij->ii", {a}); }, "einsum \"ij->ii\": index i is twice in the result");
  shape_error(__LINE__, [&] { einsum("ij,jk->ik", {a, b}); },
              "einsum \"ij,jk->ik\": index j is 3 in operand 0, (2, 3), and 4 in operand 1, (4, 5)");
  shape_error(__LINE__, [&] { einsum("ii", {a}); }, "einsum \"ii\": index i is 2 and 3 in operand 0, (2, 3)");
  shape_error(__LINE__, [&] { einsum("ij,j", {a, b}); }, "einsum \"ij,j\": term 1, \"j\", names 1 axis and operand 1 is (4, 5)");
  shape_error(__LINE__, [&] { einsum("ijk...", {a}); }, "einsum \"ijk...\": term 0, \"ijk...\", names 3 axes and more and operand 0 is (2, 3)");
  shape_error(__LINE__, [&] { einsum("...,...", {a, b}); },
              "einsum \"...,...\": axis 2 of the ellipsis, from the back, is 2 in operand 0, (2, 3), and 4 in operand 1, (4, 5)");
  shape_error(__LINE__, [&] { einsum("abcde,fghij->abcdefghij", {floats({1, 1, 1, 1, 1}), floats({1, 1, 1, 1, 1})}); },
              "einsum \"abcde,fghij->abcdefghij\": a step has 10 axes; Reel's arrays have at most 8");
  dtype_error(__LINE__, [&] { einsum("ij,ij", {a, doubles({2, 3})}); },
              "einsum \"ij,ij\": operand 0 is float32 and operand 1 is float64; all need float32, or all float64 (astype converts)");
}

TEST_CASE("det's third derivative at a singular matrix is refused") {
  const Tensor a = variable(zeros({3, 3}, {.dtype = float64}));
  const Tensor first = gradients(det(a), {a}, {.differentiable = true})[0];
  const Tensor second = gradients(sum(first * first), {a}, {.differentiable = true})[0];
  CHECK_THROWS_WITH(gradients(sum(second), {a}), Catch::Contains("det: the third derivative at a matrix that is singular, or almost, is not available"));
}
