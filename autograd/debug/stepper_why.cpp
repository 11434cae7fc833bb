// Stepper: why values are what they are, and what they would be.
#include <chrono>
#include <cmath>
#include <cstring>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/op_jacobian.hpp>
#include <reel/autograd/debug/detail/state.hpp>

namespace reel::debug {

namespace {

std::size_t last_pass(const Stepper::State& s) { return s.is_forward() ? 0 : s.pass(); }

/// Σ seed·result, in double.
double loss_of(const Stepper::State& s) {
  const Array &seed = s.reversals[0].seed().value(), &result = s.run.result().value();
  double sum = 0;
  for (std::size_t i = 0; i < result.size(); ++i) sum += seed.as_double(i) * result.as_double(i);
  return sum;
}

/// Σ g·(after - before).
double change_along(const Tensor& gradient, const Array& before, const Array& after) {
  double sum = 0;
  if (!gradient.defined()) return sum;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double by = after.as_double(i) - before.as_double(i);
    if (by != 0) sum += by * gradient.value().as_double(i);
  }
  return sum;
}

}  // namespace

std::string WhatIf::to_string() const {
  const auto change = [](double by) { return by < 0 || std::isnan(by) ? number(by) : "+" + number(by); };
  return fmt::format("the loss goes from {} to {} ({}); the gradient promised {} ({}), the gap is {}", number(before), number(actual),
                     change(actual - before), number(predicted), change(predicted - before), change(gap()));
}

std::string Stepper::explain(const EntrySelector& which, const Ints& index) const {
  const std::size_t i = find(which);
  if (state_->is_forward() || !state_->run.is_tracked(i)) return explain_value(i, index);
  BackwardReplay& reversal = state_->reversals[state_->pass()];
  const Tensor so_far = reversal.gradient(i, state_->done());
  const std::size_t position = position_of(so_far.defined() ? so_far.value() : state_->run.value(i), index, state_->run.label(i));
  if (!so_far.defined()) return explain_value(i, index);
  return explain_gradient(state_->run, reversal, i, position, state_->done());
}

std::string Stepper::explain_value(const EntrySelector& which, const Ints& index) const {
  const std::size_t i = find(which);
  return debug::explain_value(state_->run, i, position_of(state_->run.value(i), index, state_->run.label(i)));
}

Ledger Stepper::ledger(const EntrySelector& which) const {
  return ledger_of(state_->run, state_->reversals[last_pass(*state_)], find(which), entries());
}

Ledger Stepper::ledger_so_far(const EntrySelector& which) const {
  const std::size_t done = state_->is_forward() ? 0 : state_->done();
  return ledger_of(state_->run, state_->reversals[last_pass(*state_)], find(which), done);
}

Origin Stepper::whence(const EntrySelector& which, const Ints& index) const {
  const std::size_t i = find(which);
  BackwardReplay& reversal = state_->reversals[last_pass(*state_)];
  if (!state_->run.is_tracked(i))
    throw GradientError(fmt::format("{} has no gradient: it is a constant to the tape", state_->run.title(i)));
  const Tensor gradient = reversal.gradient(i);
  const Array& by = gradient.defined() ? gradient.value() : state_->run.value(i);
  return whence_of(state_->run, reversal, i, position_of(by, index, state_->run.label(i)));
}

Origin Stepper::whence_value(const EntrySelector& which, const Ints& index) const {
  const std::size_t i = find(which);
  const Array& value = state_->run.value(i);
  const std::size_t position = position_of(value, index, state_->run.label(i));
  if (std::isfinite(value.as_double(position)))
    throw Error(fmt::format("{} = {} is finite; whence_value() follows NaN and infinities", state_->run.element(i, position),
                            debug::number(value.as_double(position))));
  return whence_of_value(state_->run, i, position);
}

Tensor Stepper::local_jacobian(const EntrySelector& which, std::size_t k) const {
  const std::size_t i = find(which);
  if (!state_->run.is_op(i)) throw Error(fmt::format("{} is no op; it has no Jacobian", state_->run.title(i)));
  const OpJacobian local(state_->run, i);
  if (k >= local.inputs()) throw ShapeError(fmt::format("input {} of {}, which has {}", k, state_->run.title(i), local.inputs()));
  if (!is_floating(local.output().dtype()) || !is_floating(local.input(k).dtype()))
    throw DtypeError(fmt::format("{}: its Jacobian by input {} is of {} by {}; both need to be floating", state_->run.title(i), k,
                                 name_of(local.output().dtype()), name_of(local.input(k).dtype())));
  const std::size_t rows = local.output().size(), columns = local.input(k).size();
  if (rows > 0 && columns > (std::size_t{1} << 24) / rows)
    throw ShapeError(fmt::format("the Jacobian of {} would have {} x {} elements", state_->run.title(i), rows, columns));
  Array jacobian = Array::zeros({rows, columns}, local.input(k).dtype());
  char* const to = static_cast<char*>(jacobian.mutable_raw());
  for (std::size_t q = 0; q < rows; ++q) {
    const Array row = local.row(k, q);
    if (row.bytes() > 0) std::memcpy(to + q * row.bytes(), row.raw(), row.bytes());
  }
  return Tensor(std::move(jacobian));
}

Timing Stepper::timing(const EntrySelector& which) const {
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](const auto& f) {
    const auto start = Clock::now();
    f();
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  const std::size_t i = find(which);
  if (!state_->run.is_op(i)) return {0, 0};
  const OpJacobian local(state_->run, i);
  const double forward = seconds([&] { local.with(local.values()); });
  BackwardReplay& reversal = state_->reversals[last_pass(*state_)];
  if (!reversal.gradient(i).defined()) return {forward, 0};
  return {forward, seconds([&] { reversal.contributions(i, true); })};
}

GradcheckReport Stepper::check(const EntrySelector& which, const GradcheckOptions& options) const {
  const std::size_t i = find(which);
  if (!state_->run.is_op(i)) throw Error(fmt::format("{} is no op; it has no rule to check", state_->run.title(i)));
  return check_rule(state_->run, i, options);
}

Stepper Stepper::with_value(const EntrySelector& which, const Tensor& value) const {
  const Tensor result = state_->run.with({{find(which), value.value()}});
  StepperOptions options = state_->options;
  options.seed = state_->reversals[0].seed();
  return Stepper(new State(result, std::move(options), state_->at));
}

Stepper Stepper::with_element(const EntrySelector& which, const Ints& index, double value) const {
  const std::size_t i = find(which);
  const Array& before = state_->run.value(i);
  return with_value(i, Tensor(replaced(before, position_of(before, index, state_->run.label(i)), value)));
}

WhatIf Stepper::what_if(const EntrySelector& which, const Tensor& value) const {
  const std::size_t i = find(which);
  const Stepper changed = with_value(i, value);
  const double before = loss_of(*state_);
  const double promised = change_along(state_->reversals[0].gradient(i), state_->run.value(i), value.value());
  return {before, before + promised, loss_of(*changed.state_)};
}

WhatIf Stepper::what_if(const EntrySelector& which, const Ints& index, double by) const {
  const std::size_t i = find(which);
  const Array& before = state_->run.value(i);
  const std::size_t position = position_of(before, index, state_->run.label(i));
  return what_if(i, Tensor(replaced(before, position, before.as_double(position) + by)));
}

Ledger ledger(const Tensor& result, const EntrySelector& which, SourceLocation at) { return Stepper(result, {}, at).ledger(which); }

Origin whence(const Tensor& result, const EntrySelector& which, const Ints& index, SourceLocation at) {
  return Stepper(result, {}, at).whence(which, index);
}

}  // namespace reel::debug
