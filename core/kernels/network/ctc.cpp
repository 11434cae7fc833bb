#include <reel/core/kernels/network/ctc.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/simd/vec_math.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

using Lanes = Vec<double>;
constexpr double minus_infinity = -std::numeric_limits<double>::infinity();

std::size_t length_of(const Array& lengths, std::size_t row) { return static_cast<std::size_t>(lengths.data<std::int64_t>()[row]); }

/// Numbers for each step and label, in double whatever the dtype. Around a row's labels lies -inf, the logarithm of probability 0.
class Table {
 public:
  Table(std::size_t steps, std::size_t labels)
      : stride_(margin + (labels + Lanes::lanes - 1) / Lanes::lanes * Lanes::lanes), cells_(steps * stride_, minus_infinity) {}

  /// At label 0; two cells before it and whole SIMD vectors from it on can be read.
  double* row(std::size_t step) { return cells_.data() + step * stride_ + margin; }
  const double* row(std::size_t step) const { return cells_.data() + step * stride_ + margin; }

 private:
  static constexpr std::size_t margin = 2;
  std::size_t stride_;
  std::vector<double> cells_;
};

/// log(exp a + exp b + exp c), also of -inf. The largest of the three has the exponential 1.
Lanes log_sum(Lanes a, Lanes b, Lanes c) {
  const Lanes high = max(a, b), low = min(a, b), most = max(high, c);
  const Lanes shift = where(most == minus_infinity, 0, most);
  const Lanes rest = exp(max(low, min(high, c)) - shift) + exp(min(low, c) - shift);
  return most + log(1 + rest);
}

/// log_probs of the labels, step by step.
template <class T>
Table emissions(const T* log_probs, std::size_t step_size, std::size_t steps, const std::vector<std::size_t>& labels) {
  Table table(steps, labels.size());
  for (std::size_t t = 0; t < steps; ++t)
    for (std::size_t s = 0; s < labels.size(); ++s) table.row(t)[s] = static_cast<double>(log_probs[t * step_size + labels[s]]);
  return table;
}

/// The logarithm of the probability of all beginnings that are at label s at step t. Backwards, from the last step and label to the first,
/// so that it is that of all ends: the rules of a path are the same from either side.
Table sums(const Table& emission, std::size_t steps, const std::vector<std::size_t>& labels, std::size_t blank, bool backwards) {
  const std::size_t n = labels.size();
  const auto place = [&](std::size_t i, std::size_t count) { return backwards ? count - 1 - i : i; };
  std::vector<std::size_t> order(n);
  for (std::size_t s = 0; s < n; ++s) order[s] = labels[place(s, n)];
  Table result(steps, n), at(1, n), skip(1, n);
  for (std::size_t s = 0; s < n; ++s) skip.row(0)[s] = may_skip(order, s, blank) ? 0 : minus_infinity;
  for (std::size_t t = 0; t < steps; ++t) {
    const double* const from = emission.row(place(t, steps));
    double *const to = result.row(t), *const here = at.row(0);
    for (std::size_t s = 0; s < n; ++s) here[s] = from[place(s, n)];
    if (t == 0) {
      std::copy_n(here, std::min<std::size_t>(n, 2), to);
      continue;
    }
    const double* const before = result.row(t - 1);
    for (std::size_t s = 0; s < n; s += Lanes::lanes) {
      const Lanes skipped = Lanes::load(before + s - 2) + Lanes::load(skip.row(0) + s);
      (log_sum(Lanes::load(before + s), Lanes::load(before + s - 1), skipped) + Lanes::load(here + s)).store(to + s);
    }
  }
  return result;
}

/// log P(target): all paths that end at the last label or the one before.
double total(const Table& beginnings, std::size_t steps, std::size_t labels) {
  if (steps == 0) return labels == 1 ? 0 : minus_infinity;
  const double* const last = beginnings.row(steps - 1) + labels - 1;
  const double a = last[0], b = last[-1], most = a > b ? a : b;
  return most == minus_infinity ? most : most + std::log(std::exp(a - most) + std::exp(b - most));
}

/// Subtracts dy·P(frame is class c | target) from dx, step by step.
template <class T>
void subtract_shares(const Table& emission, const Table& beginnings, const Table& ends, std::size_t steps,
                     const std::vector<std::size_t>& labels, double log_total, double dy, T* dx, std::size_t step_size) {
  const std::size_t n = labels.size();
  Table row(1, n), reversed(1, n);
  for (std::size_t t = 0; t < steps; ++t) {
    const double* const end = ends.row(steps - 1 - t);
    for (std::size_t s = 0; s < n; ++s) reversed.row(0)[s] = end[n - 1 - s];
    for (std::size_t s = 0; s < n; s += Lanes::lanes) {
      const Lanes e = Lanes::load(emission.row(t) + s);
      // Both sums hold the frame's own probability. Where that is 0, so is the share.
      const Lanes both = Lanes::load(beginnings.row(t) + s) + Lanes::load(reversed.row(0) + s) - log_total;
      where(e == minus_infinity, 0, exp(both - where(e == minus_infinity, 0, e))).store(row.row(0) + s);
    }
    for (std::size_t s = 0; s < n; ++s) {
      T& to = dx[t * step_size + labels[s]];
      to = static_cast<T>(static_cast<double>(to) - dy * row.row(0)[s]);
    }
  }
}

template <class F>
void over_sequences(const Array& log_probs, std::size_t count, const F& f) {
  const auto run = [&](auto t) {
    parallel_for(count, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t n = begin; n < end; ++n) f(n, t);
    });
  };
  log_probs.dtype() == float32 ? run(float{}) : run(double{});
}

std::size_t offset_of(const CtcTarget& target, std::size_t row) {
  if (target.targets.rank() == 2) return row * target.targets.shape()[1];
  std::size_t offset = 0;
  for (std::size_t i = 0; i < row; ++i) offset += length_of(target.target_lengths, i);
  return offset;
}

void check_lengths(const char* op, const char* name, const Array& lengths, std::size_t most, const std::string& has) {
  const auto all = lengths.span<std::int64_t>();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i] < 0 || static_cast<std::size_t>(all[i]) > most)
      throw ShapeError(fmt::format("{}: {} has {} at position {}; {}", op, name, all[i], i, has));
}

}  // namespace

std::vector<std::size_t> CtcTarget::labels(std::size_t row) const {
  const std::size_t length = length_of(target_lengths, row);
  std::vector<std::size_t> result(2 * length + 1, static_cast<std::size_t>(blank));
  const std::int64_t* const from = targets.data<std::int64_t>() + offset_of(*this, row);
  for (std::size_t i = 0; i < length; ++i) result[2 * i + 1] = static_cast<std::size_t>(from[i]);
  return result;
}

void check_ctc(const char* op, const CtcTarget& target, const Shape& log_probs) {
  const std::size_t n = log_probs[1], classes = log_probs[2];
  const Array& targets = target.targets;
  const auto is_class = [&](std::int64_t c) { return c >= 0 && static_cast<std::size_t>(c) < classes; };
  if (!is_class(target.blank)) throw ShapeError(fmt::format("{}: blank {} is out of range for {} classes", op, target.blank, classes));
  if (target.input_lengths.shape() != Shape{n} || target.target_lengths.shape() != Shape{n})
    throw ShapeError(
        fmt::format("{}: log_probs is {}, input_lengths {} and target_lengths {}; both need one length for each of {} sequences", op,
                    log_probs, target.input_lengths.shape(), target.target_lengths.shape(), n));
  if (targets.rank() != 1 && (targets.rank() != 2 || targets.shape()[0] != n))
    throw ShapeError(
        fmt::format("{}: log_probs is {} and targets is {}; targets needs shape ({}, longest), or (total,) for all rows joined", op,
                    log_probs, targets.shape(), n));
  check_lengths(op, "input_lengths", target.input_lengths, log_probs[0], fmt::format("log_probs has {} steps", log_probs[0]));
  const std::size_t longest = targets.shape().back();
  check_lengths(op, "target_lengths", target.target_lengths, longest, fmt::format("targets is {}", targets.shape()));
  if (targets.rank() == 1 && offset_of(target, n) != longest)
    throw ShapeError(fmt::format("{}: target_lengths add up to {} and targets has {} classes", op, offset_of(target, n), longest));
  for (std::size_t row = 0; row < n; ++row) {
    const std::int64_t* const from = targets.data<std::int64_t>() + offset_of(target, row);
    for (std::size_t i = 0; i < length_of(target.target_lengths, row); ++i) {
      const std::size_t position = offset_of(target, row) + i;
      if (!is_class(from[i]))
        throw ShapeError(fmt::format("{}: class {} at position {} is out of range for {} classes", op, from[i], position, classes));
      if (from[i] == target.blank)
        throw Error(fmt::format("{}: class {} at position {} is the blank; targets name the other classes", op, from[i], position));
    }
  }
}

Array ctc(const Array& log_probs, const CtcTarget& target) {
  const std::size_t n = log_probs.shape()[1], classes = log_probs.shape()[2];
  Array losses({n}, log_probs.dtype());
  void* const out = losses.mutable_raw();
  over_sequences(log_probs, n, [&](std::size_t row, auto t) {
    using T = decltype(t);
    const auto labels = target.labels(row);
    const std::size_t steps = target.steps(row);
    const Table emission = emissions(log_probs.data<T>() + row * classes, n * classes, steps, labels);
    const Table beginnings = sums(emission, steps, labels, static_cast<std::size_t>(target.blank), false);
    static_cast<T*>(out)[row] = static_cast<T>(-total(beginnings, steps, labels.size()));
  });
  return losses;
}

Array ctc_backward(const Array& log_probs, const CtcTarget& target, const Array& dy) {
  const std::size_t n = log_probs.shape()[1], classes = log_probs.shape()[2], blank = static_cast<std::size_t>(target.blank);
  Array dx = Array::zeros(log_probs.shape(), log_probs.dtype());
  void* const out = dx.mutable_raw();
  over_sequences(log_probs, n, [&](std::size_t row, auto t) {
    using T = decltype(t);
    const auto labels = target.labels(row);
    const std::size_t steps = target.steps(row);
    const Table emission = emissions(log_probs.data<T>() + row * classes, n * classes, steps, labels);
    const Table beginnings = sums(emission, steps, labels, blank, false), ends = sums(emission, steps, labels, blank, true);
    const double log_total = total(beginnings, steps, labels.size());
    if (log_total == minus_infinity) return;
    subtract_shares(emission, beginnings, ends, steps, labels, log_total, dy.as_double(row), static_cast<T*>(out) + row * classes,
                    n * classes);
  });
  return dx;
}

}  // namespace reel::kernels
