#include <cmath>
#include <string>

#include "../ops_table.hpp"

using namespace reel;

namespace {

const Cases several{{{4}}, {{2, 3}}, {{3, 0}}, {{2, 1, 2, 1, 3}}, {{5, 7}}};

void append_statistics(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases, const std::vector<Range>& ranges = anything) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, ranges});
  };
  row("var", "all axes", [](const Tensor& x) { return var(x); }, {{{4}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
  row("var", "first axis, correction 0", [](const Tensor& x) { return var(x, 0, {.correction = 0}); },
      {{{1}}, {{4}}, {{2, 3}}, {{3, 0}}, {{2, 1, 2, 1, 3}}});
  row("var", "two axes, kept",
      [](const Tensor& x) {
        return var(x, {0, -1}, {.keepdims = true});
      },
      {{{2, 3}}, {{2, 1, 2, 1, 3}}, {{5, 7}}});
  row("std", "all axes", [](const Tensor& x) { return reel::std(x); }, {{{4}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
  row("std", "last axis, kept, correction 0.5", [](const Tensor& x) { return reel::std(x, -1, {.correction = 0.5, .keepdims = true}); },
      {{{4}}, {{2, 3}}, {{0, 3}}, {{2, 1, 2, 1, 3}}, {{5, 7}}});
  row(
      "logsumexp", "all axes", [](const Tensor& x) { return logsumexp(x); }, unary);
  row(
      "logsumexp", "first axis", [](const Tensor& x) { return logsumexp(x, 0); }, several);
  row(
      "logsumexp", "two axes, kept",
      [](const Tensor& x) {
        return logsumexp(x, {0, -1}, {.keepdims = true});
      },
      matrices);
  for (const double p : {1.0, 2.0, 3.0, 2.5, 0.5, -1.0, 0.0}) {
    const auto normed = [p](const In& in) { return norm(in[0], {}, {.p = p}); };
    rows.push_back({"norm", "p = " + std::to_string(p), normed, {{Shape{}}, {{1}}, {{2, 3}}, {{2, 1, 2, 1, 3}}}, positive});
    rows.push_back({"norm", "p = " + std::to_string(p) + ", negative", normed, {{{5}}}, {{-2, -0.5}}});
  }
  row("norm", "p = inf, last axis", [](const Tensor& x) { return norm(x, {-1}, {.p = INFINITY}); },
      {{{4}}, {{2, 3}}, {{0, 3}}, {{2, 1, 2, 1, 3}}});
  row("norm", "p = -inf, first axis, kept", [](const Tensor& x) { return norm(x, {0}, {.p = -INFINITY, .keepdims = true}); },
      {{{4}}, {{2, 3}}, {{3, 0}}, {{2, 1, 2, 1, 3}}});
  row(
      "norm", "p = 2, two axes",
      [](const Tensor& x) {
        return norm(x, {0, -1});
      },
      {{{2, 3}}, {{0, 3}}, {{2, 1, 2, 1, 3}}}, positive);
}

void append_scans(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases, const std::vector<Range>& ranges = anything) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, ranges});
  };
  const Cases scans{{{1}}, {{4}}, {{2, 3}}, {{0, 3}}, {{3, 0}}, {{2, 1, 2, 1, 3}}};
  row(
      "cumsum", "first axis", [](const Tensor& x) { return cumsum(x, 0); }, scans);
  row(
      "cumsum", "last axis", [](const Tensor& x) { return cumsum(x, -1); }, scans);
  row(
      "cumprod", "first axis", [](const Tensor& x) { return cumprod(x, 0); }, scans);
  row(
      "cumprod", "last axis", [](const Tensor& x) { return cumprod(x, -1); }, scans);
  row(
      "prod", "all axes", [](const Tensor& x) { return prod(x); }, unary);
  row(
      "prod", "last axis, kept", [](const Tensor& x) { return prod(x, -1, {.keepdims = true}); }, matrices);
  row(
      "prod", "first axis", [](const Tensor& x) { return prod(x, 0); }, several);
  row(
      "prod", "two axes",
      [](const Tensor& x) {
        return prod(x, {0, -1});
      },
      matrices);
  // Between, before and behind elements that are 0; the last range is theirs.
  const auto at_zeros = [&](const char* op, auto f) {
    rows.push_back({op,
                    "at zeros",
                    [f](const In& in) {
                      return f(concatenate({in[0], in[1], in[0] + 1}, -1));
                    },
                    {{{2}, {1}}, {{1}, {2}}, {{0}, {3}}, {{2, 2}, {2, 2}}},
                    {{1, 2}, {0, 0}}});
  };
  at_zeros("prod", [](const Tensor& x) { return prod(x); });
  at_zeros("prod", [](const Tensor& x) { return prod(x, -1); });
  at_zeros("cumprod", [](const Tensor& x) { return cumprod(x, -1); });
}

void append_choices(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, anything});
  };
  row("sort", "last axis", [](const Tensor& x) { return sort(x); }, {{{1}}, {{5}}, {{2, 3}}, {{0, 3}}, {{3, 0}}, {{2, 1, 2, 1, 3}}});
  row(
      "sort", "first axis, descending", [](const Tensor& x) { return sort(x, {.axis = 0, .descending = true}); }, several);
  row("topk", "", [](const Tensor& x) { return topk(x, 2).values; }, {{{4}}, {{2, 3}}, {{0, 3}}, {{2, 1, 2, 1, 3}}});
  row("topk", "smallest of the first axis", [](const Tensor& x) { return topk(x, 1, {.axis = 0, .largest = false}).values; },
      {{{4}}, {{2, 3}}, {{3, 0}}, {{2, 1, 2, 1, 3}}});
  row("topk", "none", [](const Tensor& x) { return topk(x, 0).values; }, {{{4}}, {{2, 3}}});
  // No gradient; they have tests of their own.
  for (const char* op : {"all", "any", "count_nonzero", "argmax", "argmin", "argsort"}) rows.push_back({op, "", {}, {}, {}});
}

}  // namespace

void append_reduce(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases, const std::vector<Range>& ranges = anything) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, ranges});
  };
  row(
      "sum", "all axes", [](const Tensor& x) { return sum(x); }, unary);
  row(
      "sum", "last axis", [](const Tensor& x) { return sum(x, -1); }, matrices);
  row(
      "sum", "two axes, kept",
      [](const Tensor& x) {
        return sum(x, {0, -1}, {.keepdims = true});
      },
      matrices);
  row(
      "mean", "all axes", [](const Tensor& x) { return mean(x); }, unary);
  row("mean", "first axis", [](const Tensor& x) { return mean(x, 0); }, {{{4}}, {{2, 3}}, {{3, 0}}, {{2, 1, 2, 1, 3}}});
  row(
      "mean", "last axis, kept", [](const Tensor& x) { return mean(x, -1, {.keepdims = true}); }, matrices);
  row(
      "max", "all axes", [](const Tensor& x) { return max(x); }, not_empty);
  row(
      "max", "last axis, kept", [](const Tensor& x) { return max(x, -1, {.keepdims = true}); }, matrices);
  row("max", "two axes", [](const Tensor& x) { return max(x, {1, -1}); }, {{{2, 3, 2}}, {{2, 2, 1, 1, 3}}});
  row(
      "min", "all axes", [](const Tensor& x) { return min(x); }, not_empty);
  row(
      "min", "last axis, kept", [](const Tensor& x) { return min(x, -1, {.keepdims = true}); }, matrices);
  append_statistics(rows);
  append_scans(rows);
  append_choices(rows);
  row("sum_to", "(1, 3)", [](const Tensor& x) { return sum_to(x, {1, 3}); }, {{{2, 3}}, {{0, 3}}, {{1, 3}}, {{2, 2, 1, 2, 3}}});
  row(
      "sum_to", "()", [](const Tensor& x) { return sum_to(x, {}); }, unary);
  row("broadcast_to", "(2, 2, 3)",
      [](const Tensor& x) {
        return broadcast_to(x, {2, 2, 3});
      },
      {{Shape{}}, {{1}}, {{3}}, {{2, 1}}, {{2, 2, 3}}});
  row("broadcast_to", "(0, 3)", [](const Tensor& x) { return broadcast_to(x, {0, 3}); }, {{Shape{}}, {{3}}, {{1, 3}}, {{0, 1}}});
  row("softmax", "last axis", [](const Tensor& x) { return softmax(x); }, {{{1}}, {{4}}, {{0, 3}}, {{3, 0}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
  row("softmax", "first axis", [](const Tensor& x) { return softmax(x, 0); }, {{{4}}, {{0, 3}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
  row("log_softmax", "last axis", [](const Tensor& x) { return log_softmax(x); },
      {{{1}}, {{4}}, {{0, 3}}, {{3, 0}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
  row("log_softmax", "first axis", [](const Tensor& x) { return log_softmax(x, 0); }, {{{4}}, {{0, 3}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
}
