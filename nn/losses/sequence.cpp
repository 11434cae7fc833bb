#include <reel/nn/losses/sequence.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/join.hpp>
#include <reel/autograd/ops/matmul.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/network/ctc.hpp>
#include <reel/core/kernels/reduce.hpp>
#include <reel/nn/losses/checks.hpp>

namespace reel::nn {

namespace {

/// The logarithm of a probability of 0, for ops: unlike -infinity it can be subtracted from itself, and its exponential is 0 all the same.
constexpr double impossible = -1e30;

/// The constants of the sums over paths, as ops need them: of shape (n, longest) unless said otherwise; `longest` counts blanks too.
struct Paths {
  Tensor select;  // (n, classes, longest): 1 where label s is class c
  Tensor skip;    // 0 where label s may follow label s - 2, else impossible
  Tensor start, end;
  Tensor possible;  // bool (n, 1): whether there are frames, and enough

  Paths(const Array& log_probs, const kernels::CtcTarget& target) {
    const std::size_t n = log_probs.shape()[1], classes = log_probs.shape()[2];
    std::size_t longest = 1;
    for (std::size_t i = 0; i < n; ++i) longest = std::max(longest, target.labels(i).size());
    const Dtype dtype = log_probs.dtype();
    Array choose = Array::zeros({n, classes, longest}, dtype), jump = Array::full({n, longest}, impossible, dtype), first = jump,
          last = jump;
    const auto fill = [&](auto t) {
      using T = decltype(t);
      for (std::size_t i = 0; i < n; ++i) {
        const auto labels = target.labels(i);
        for (std::size_t s = 0; s < labels.size(); ++s) {
          choose.mutable_data<T>()[(i * classes + labels[s]) * longest + s] = 1;
          if (kernels::may_skip(labels, s, static_cast<std::size_t>(target.blank))) jump.mutable_data<T>()[i * longest + s] = 0;
          if (s < 2) first.mutable_data<T>()[i * longest + s] = 0;
          if (s + 2 >= labels.size()) last.mutable_data<T>()[i * longest + s] = 0;
        }
      }
    };
    dtype == float32 ? fill(float{}) : fill(double{});
    select = Tensor(choose);
    skip = Tensor(jump);
    start = Tensor(first);
    end = Tensor(last);
    const Array losses = kernels::ctc(log_probs, target);
    Array decided({n, 1}, boolean);
    for (std::size_t i = 0; i < n; ++i) decided.mutable_data<bool>()[i] = std::isfinite(losses.as_double(i)) && target.steps(i) > 0;
    possible = Tensor(decided);
  }

  std::size_t rows() const { return skip.shape()[0]; }
  std::size_t longest() const { return skip.shape()[1]; }
  /// x moved by `by` labels towards the end (or the beginning, where negative); what is moved in is impossible.
  Tensor moved(const Tensor& x, std::ptrdiff_t by) const {
    const auto length = static_cast<std::ptrdiff_t>(longest()), count = std::min(std::abs(by), length);
    const Tensor in = full({rows(), static_cast<std::size_t>(count)}, impossible, {.dtype = x.dtype()});
    return by > 0 ? concatenate({in, slice(x, {{}, {0, length - count}})}, 1) : concatenate({slice(x, {{}, {count, length}}), in}, 1);
  }
};

/// log Σ exp of several tensors. Shifting by a constant leaves all derivatives as they are.
Tensor log_sum(const std::vector<Tensor>& terms) {
  Array shift = terms[0].value();
  for (const Tensor& term : terms) shift = kernels::maximum(shift, term.value());
  const Tensor most(std::move(shift));
  Tensor total = exp(terms[0] - most);
  for (std::size_t i = 1; i < terms.size(); ++i) total = total + exp(terms[i] - most);
  return most + log(total);
}

/// bool (n, 1): the sequences that end at this step.
Tensor ends_at(const kernels::CtcTarget& target, std::size_t step) {
  const Array at = kernels::equal(target.input_lengths, Array::of<std::int64_t>({}, std::vector{static_cast<std::int64_t>(step) + 1}));
  return Tensor(at.with_shape({at.size(), 1}));
}

/// P(frame t is class c | target) as ops, (steps, n, classes): what the kernel computes, where it has to be differentiated.
Tensor shares_in_ops(const Tensor& log_probs, const kernels::CtcTarget& target) {
  const Paths paths(log_probs.value(), target);
  const std::size_t steps = log_probs.shape()[0], n = paths.rows(), longest = paths.longest();
  const Tensor finite = where(log_probs < impossible, impossible, log_probs);
  const Tensor emission = matmul(permute(finite, {1, 0, 2}), paths.select);
  std::vector<Tensor> here, beginnings, ends(steps);
  for (std::size_t t = 0; t < steps; ++t) here.push_back(slice(emission, {{}, t}));
  for (std::size_t t = 0; t < steps; ++t) {
    if (t == 0) {
      beginnings.push_back(paths.start + here[0]);
    } else {
      const Tensor& before = beginnings.back();
      beginnings.push_back(log_sum({before, paths.moved(before, 1), paths.moved(before, 2) + paths.skip}) + here[t]);
    }
  }
  Tensor after = full({n, longest}, impossible, {.dtype = log_probs.dtype()});
  for (std::size_t t = steps; t-- > 0;) {
    const Tensor later = log_sum({after, paths.moved(after, -1), paths.moved(after + paths.skip, -2)});
    after = ends[t] = where(ends_at(target, t), paths.end, later) + here[t];
  }
  const Tensor first = ends[0] + paths.start;
  const Tensor most(kernels::max(first.value(), 1, true));
  const Tensor total = where(paths.possible, most + log(sum(exp(first - most), 1, {.keepdims = true})), 0.0);
  std::vector<Tensor> shares;
  for (std::size_t t = 0; t < steps; ++t) shares.push_back(reshape(exp(beginnings[t] + ends[t] - here[t] - total), {n, 1, longest}));
  return permute(matmul(concatenate(shares, 1), paths.select, {.b = true}), {1, 0, 2});
}

/// The losses of log-probabilities (steps, n, classes), one per sequence.
Tensor of_sequences(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths,
                    const CtcOptions& options) {
  const std::int64_t blank = options.blank;
  const bool zero_infinity = options.zero_infinity;
  return record(
      "ctc_loss", "dx = -dy·P(frame is class c | target)", {log_probs, targets, input_lengths, target_lengths},
      [blank, zero_infinity](const Inputs& in) {
        const Array losses = kernels::ctc(in[0], {in[1], in[2], in[3], blank});
        if (!zero_infinity) return losses;
        const Array infinity = Array::scalar(std::numeric_limits<double>::infinity(), losses.dtype());
        return kernels::where(kernels::equal(losses, infinity), Array::scalar(0, losses.dtype()), losses);
      },
      [blank](const Pullback& p) {
        const Tensor& x = p.input(0);
        const kernels::CtcTarget target{p.input(1).value(), p.input(2).value(), p.input(3).value(), blank};
        if (!p.differentiable() || x.size() == 0)
          return Gradients{Tensor(kernels::ctc_backward(x.value(), target, p.dy().value())), none, none, none};
        return Gradients{-reshape(p.dy(), {1, -1, 1}) * shares_in_ops(x, target), none, none, none};
      },
      [blank] { return fmt::format("blank={}", blank); });
}

Tensor integers_of(const char* name, const Operand& x) {
  const Tensor t = x.as_tensor(x.is_number() && x.number().is_whole() ? int64 : float32);
  if (t.dtype() != int64) throw DtypeError(fmt::format("ctc_loss: {} is {}; it needs int64", name, name_of(t.dtype())));
  return t;
}

/// Lengths as a list; that of a single sequence may be a number.
Tensor lengths_of(const char* name, const Operand& x, bool single) {
  const Tensor t = integers_of(name, x);
  return single && t.rank() == 0 ? reshape(t, {1}) : t;
}

}  // namespace

Tensor ctc_loss(Operand log_probs, Operand targets, Operand input_lengths, Operand target_lengths, CtcOptions options) {
  const CallSite site(log_probs.location());
  return located("ctc_loss", log_probs, [&] {
    const Tensor given = log_probs.as_tensor();
    if (!is_floating(given.dtype()))
      throw DtypeError(fmt::format("ctc_loss: log_probs is {}; it needs float32 or float64 (astype converts)", name_of(given.dtype())));
    if (given.rank() != 2 && given.rank() != 3)
      throw ShapeError(fmt::format("ctc_loss: log_probs is {}; it needs (steps, n, classes), or (steps, classes)", given.shape()));
    const bool single = given.rank() == 2;
    const Tensor x = single ? reshape(given, {given.shape()[0], 1, given.shape()[1]}) : given;
    const Tensor spelled = integers_of("targets", targets);
    const Tensor steps = lengths_of("input_lengths", input_lengths, single), counts = lengths_of("target_lengths", target_lengths, single);
    kernels::check_ctc("ctc_loss", {spelled.value(), steps.value(), counts.value(), options.blank}, x.shape());
    Tensor losses = of_sequences(x, spelled, steps, counts, options);
    if (options.reduction == Reduction::mean)
      losses =
          losses / Tensor(kernels::maximum(counts.value(), Array::of<std::int64_t>({}, std::vector<std::int64_t>{1})).astype(x.dtype()));
    if (single) losses = reshape(losses, Ints());
    return detail::reduced(losses, options.reduction);
  });
}

}  // namespace reel::nn
