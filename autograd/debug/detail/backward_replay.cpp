#include <reel/autograd/debug/detail/backward_replay.hpp>

#include <algorithm>
#include <cmath>

#include <reel/autograd/debug/detail/unwatched.hpp>
#include <reel/autograd/detail/reverse.hpp>

namespace reel::debug {

using reel::detail::History;
using reel::detail::Node;

namespace {

std::size_t bytes_of(const Tensor& t) { return t.defined() ? t.value().bytes() : 0; }

}  // namespace

BackwardReplay::BackwardReplay(const Run& run, const Tensor& seed, std::size_t budget, SourceLocation at)
    : run_(run), sweep_(run.history(), false, false), budget_(budget) {
  reel::detail::check_history("debug", run.result(), at);
  seed_ = reel::detail::seed_for("debug", run.result(), seed, at);
  sweep_.mark([](const Node* node) { return node->tracked; });
  sweep_.start({&seed_, 1});
  if (bytes_of_everything() > budget_) {
    stride_ = std::max<std::size_t>(16, static_cast<std::size_t>(std::sqrt(static_cast<double>(run.size()))));
    mark();
  }
}

/// An upper bound: one gradient per entry, and each sum that another contribution replaces.
std::size_t BackwardReplay::bytes_of_everything() const {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < run_.size(); ++i)
    if (run_.is_tracked(i)) bytes += run_.value(i).bytes() * std::max<std::size_t>(1, run_.users(i).size());
  return bytes;
}

Tensor BackwardReplay::gradient(std::size_t entry, std::size_t done) {
  const std::size_t item = run_.item(entry);
  if (!run_.is_tracked(entry)) return none;
  if (item < done) return final_gradient(item);
  go_to(done);
  return sweep_.gradients()[item];
}

Tensor BackwardReplay::final_gradient(std::size_t item) {
  if (item < position_ - steps_.size()) restore(item);
  while (position_ <= item) forward();
  return steps_[item - (position_ - steps_.size())].dy;
}

void BackwardReplay::go_to(std::size_t done) {
  const std::size_t oldest = position_ - steps_.size();
  if (done < oldest) restore(done);
  while (position_ > done) back();
  while (position_ < done) forward();
}

void BackwardReplay::forward() {
  const Unwatched quiet;
  const std::size_t item = position_;
  const std::span<Tensor> sums = sweep_.gradients();
  Step step;
  step.before = sums[item];
  const Node* const node = run_.history().items[item].node;
  if (step.before.defined()) {
    for (std::size_t k = 0; k < node->inputs.size(); ++k) {
      const std::uint32_t from = run_.history().edge(item, k);
      if (from == History::no_edge) continue;
      step.sums.emplace_back(from, sums[from]);
      step.bytes += bytes_of(sums[from]);
    }
    try {
      sweep_.step(item, [&](Node*, const Tensor& dy) { step.dy = dy; });
    } catch (...) {
      for (auto& [slot, sum] : step.sums) sums[slot] = std::move(sum);
      sums[item] = std::move(step.before);
      throw;
    }
    step.bytes += bytes_of(step.dy);
  }
  step_bytes_ += step.bytes;
  steps_.push_back(std::move(step));
  ++position_;
  if (stride_ == 0) return;
  if (position_ % stride_ == 0) mark();
  // The last one stays, whatever its size.
  while (steps_.size() > 1 && kept_bytes() > budget_) {
    step_bytes_ -= steps_.front().bytes;
    steps_.pop_front();
  }
}

void BackwardReplay::back() {
  Step& step = steps_.back();
  const std::span<Tensor> sums = sweep_.gradients();
  for (auto& [slot, sum] : step.sums) sums[slot] = std::move(sum);
  sums[position_ - 1] = std::move(step.before);
  step_bytes_ -= step.bytes;
  steps_.pop_back();
  --position_;
}

/// Goes back to the last mark at or before a position.
void BackwardReplay::restore(std::size_t position) {
  const auto [at, found] = *std::prev(marks_.upper_bound(position));
  steps_.clear();
  step_bytes_ = 0;
  std::fill(sweep_.gradients().begin(), sweep_.gradients().end(), Tensor());
  for (const auto& [slot, sum] : found.sums) sweep_.gradients()[slot] = sum;
  position_ = at;
}

void BackwardReplay::mark() {
  if (marks_.contains(position_)) return;
  Mark now;
  const std::span<const Tensor> sums = sweep_.gradients();
  for (std::size_t item = position_; item < sums.size(); ++item) {
    if (!sums[item].defined()) continue;
    now.sums.emplace_back(static_cast<std::uint32_t>(item), sums[item]);
    now.bytes += bytes_of(sums[item]);
  }
  mark_bytes_ += now.bytes;
  marks_.emplace(position_, std::move(now));
  if (mark_bytes_ > budget_ / 2) thin_marks();
}

/// Drops every other mark, except the first.
void BackwardReplay::thin_marks() {
  if (marks_.size() < 3) return;
  stride_ *= 2;
  for (auto it = marks_.begin(); it != marks_.end();) {
    if (it->first % stride_ == 0) {
      ++it;
      continue;
    }
    mark_bytes_ -= it->second.bytes;
    it = marks_.erase(it);
  }
}

const std::vector<Tensor>& BackwardReplay::contributions(std::size_t user, bool again) {
  if (contributions_of_ == user && !again) return contributions_;
  contributions_of_ = npos;
  contributions_.clear();
  const Unwatched quiet;
  const std::size_t item = run_.item(user);
  const Tensor dy = gradient(user);
  if (!dy.defined() || !run_.is_op(user)) return contributions_;
  const std::size_t inputs = run_.inputs(user);
  const std::span<Tensor> sums = sweep_.gradients();
  // The sums are saved first, so that only this op's contributions arrive.
  std::vector<Tensor> aside(inputs);
  const auto slot = [&](std::size_t k) { return run_.history().edge(item, k); };
  const auto each = [&](const auto& f) {
    for (std::size_t k = 0; k < inputs; ++k)
      if (slot(k) != History::no_edge) f(k);
  };
  each([&](std::size_t k) { aside[k] = std::exchange(sums[slot(k)], Tensor()); });
  std::vector<Tensor> found(inputs);
  const auto put_back = [&] {
    each([&](std::size_t k) {
      if (aside[k].defined()) sums[slot(k)] = aside[k];
    });
  };
  try {
    sweep_.pull_back(item, dy);
    each([&](std::size_t k) { found[k] = std::exchange(sums[slot(k)], Tensor()); });
  } catch (...) {
    each([&](std::size_t k) { sums[slot(k)] = Tensor(); });
    put_back();
    throw;
  }
  put_back();
  contributions_ = std::move(found);
  contributions_of_ = user;
  return contributions_;
}

Tensor BackwardReplay::contribution(std::size_t user, std::size_t entry) {
  const std::vector<Tensor>& parts = contributions(user);
  for (std::size_t k = 0; k < parts.size(); ++k)
    if (run_.input(user, k) == entry && parts[k].defined()) return parts[k];
  return none;
}

}  // namespace reel::debug
