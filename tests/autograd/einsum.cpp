// Sums by indices agree with loops over all of them.
#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>

#include "message.hpp"

using namespace reel;
using reel::test::is_same;

namespace {

Tensor uniform(const Shape& shape) { return random::uniform(shape, {.low = -1, .high = 1, .dtype = float64}); }

bool are_close(const Tensor& a, const Tensor& b) { return allclose(a, b, 1e-13, 1e-12); }

/// The sum that an explicit equation without ellipsis means, by loops over all its indices.
Tensor einsum_by_loops(const std::string& equation, const std::vector<Tensor>& operands) {
  const std::size_t arrow = equation.find("->");
  std::vector<std::string> terms(1);
  for (const char c : equation.substr(0, arrow)) c == ',' ? terms.emplace_back() : terms.back() += c, void();
  const std::string output = equation.substr(arrow + 2);
  std::string indices = output;
  for (const std::string& term : terms)
    for (const char c : term)
      if (indices.find(c) == std::string::npos) indices += c;
  std::vector<std::size_t> lengths(indices.size(), 1);
  for (std::size_t t = 0; t < terms.size(); ++t)
    for (std::size_t axis = 0; axis < terms[t].size(); ++axis)
      lengths[indices.find(terms[t][axis])] = std::max(lengths[indices.find(terms[t][axis])], operands[t].shape()[axis]);
  Shape shape;
  for (std::size_t i = 0; i < output.size(); ++i) shape.push_back(lengths[i]);
  Array y = Array::zeros(shape, float64);
  std::size_t count = 1;
  for (const std::size_t n : lengths) count *= n;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::size_t> at(indices.size());
    std::size_t rest = i, place = 0;
    for (std::size_t k = indices.size(); k-- > 0; rest /= lengths[k]) at[k] = rest % lengths[k];
    for (std::size_t k = 0; k < output.size(); ++k) place = place * lengths[k] + at[k];
    double product = 1;
    for (std::size_t t = 0; t < terms.size(); ++t) {
      std::size_t offset = 0;
      for (std::size_t axis = 0; axis < terms[t].size(); ++axis) {
        const std::size_t n = operands[t].shape()[axis];
        offset = offset * n + (n == 1 ? 0 : at[indices.find(terms[t][axis])]);
      }
      product *= operands[t].value().as_double(offset);
    }
    y.mutable_data<double>()[place] += product;
  }
  return Tensor(y);
}

}  // namespace

TEST_CASE("einsum sums what its equation says") {
  const SeedScope fixed(7);
  struct Sum {
    const char* equation;
    std::vector<Shape> shapes;
  };
  const std::vector<Sum> sums{{"ij,jk->ik", {{3, 4}, {4, 5}}},
                              {"ij,jk->ki", {{3, 4}, {4, 5}}},
                              {"ji,kj->ik", {{4, 3}, {5, 4}}},
                              {"bij,bjk->bik", {{2, 3, 4}, {2, 4, 5}}},
                              {"ibj,kjb->bki", {{3, 2, 4}, {5, 4, 2}}},
                              {"ij->j", {{3, 4}}},
                              {"ii->", {{4, 4}}},
                              {"iij->ji", {{3, 3, 2}}},
                              {"ijij->ij", {{2, 3, 2, 3}}},
                              {"iiii->i", {{3, 3, 3, 3}}},
                              {"i,j,k->kij", {{2}, {3}, {4}}},
                              {"ij,ij->", {{3, 4}, {3, 4}}},
                              {"ij,ij->ij", {{3, 1}, {1, 4}}},
                              {"ij,jk,kl,lm->im", {{2, 7}, {7, 3}, {3, 5}, {5, 2}}},
                              {"abc,cd,ab,da->bd", {{2, 3, 4}, {4, 5}, {2, 3}, {5, 2}}},
                              {"ab,bc,ca->", {{3, 4}, {4, 5}, {5, 3}}},
                              {",ab,->ba", {{}, {2, 3}, {}}},
                              {"abcde,ebfcg->fdga", {{2, 3, 2, 2, 3}, {3, 3, 2, 2, 2}}},
                              {"Ab,bA->A", {{2, 3}, {3, 2}}}};
  for (const Sum& s : sums) {
    CAPTURE(s.equation);
    std::vector<Tensor> operands;
    for (const Shape& shape : s.shapes) operands.push_back(uniform(shape));
    CHECK(are_close(einsum(s.equation, operands), einsum_by_loops(s.equation, operands)));
  }
}

TEST_CASE("einsum without an arrow, with spaces and with an ellipsis") {
  const SeedScope fixed(8);
  const Tensor a = uniform({2, 3}), b = uniform({3, 4}), batch = uniform({5, 1, 2, 3}), other = uniform({6, 3, 4});
  CHECK(is_same(einsum("ba", {a}), transpose(a)));
  CHECK(is_same(einsum(" i j , j k -> i k ", {a, b}), matmul(a, b)));
  CHECK(einsum("bA,aB", {a, b}).shape() == Shape{3, 4, 3, 2});  // A B a b
  CHECK(are_close(einsum("...ij,...jk", {batch, other}), matmul(batch, other)));
  CHECK(are_close(einsum("...ij,jk->i...k", {batch, b}), permute(matmul(batch, b), {2, 0, 1, 3})));
  CHECK(are_close(einsum("...ij->ij", {batch}), sum(batch, {0, 1})));
  CHECK(are_close(einsum("i...->...", {a}), sum(a, 0)));
  CHECK(is_same(einsum("...", {a}), a));
}
