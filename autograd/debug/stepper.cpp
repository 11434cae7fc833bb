#include <reel/autograd/debug/stepper.hpp>

#include <charconv>
#include <system_error>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/state.hpp>
#include <reel/core/kernels/elementwise.hpp>

namespace reel::debug {

std::string Stepper::State::event() const {
  std::string text = fmt::format("{}{}", is_forward() ? 'F' : 'B', number());
  if (!is_forward()) text.append(pass(), '\'');
  return text;
}

Tensor Stepper::State::gradient(std::size_t entry) {
  if (is_forward()) return none;
  Tensor sum = reversals[pass()].gradient(entry, done());
  if (run.is_op(entry)) return sum;
  for (std::size_t before = pass(); before-- > 0;) {  // leaves add up, as parameters do
    const Tensor part = reversals[before].gradient(entry);
    if (part.defined()) sum = sum.defined() ? Tensor(kernels::add(part.value(), sum.value())) : part;
  }
  return sum;
}

StepperMoment::StepperMoment(Stepper::State& state)
    : Moment(state.is_forward() ? Phase::forward : Phase::backward, state.run.entry(state.number())), state_(state) {}

std::vector<Array> StepperMoment::inputs() const {
  std::vector<Array> values;
  for (const Tensor& t : state_.run.node(state_.number())->inputs) values.push_back(t.value());
  return values;
}

std::vector<Array> StepperMoment::made() const {
  const std::size_t entry = state_.number();
  if (phase() == Phase::forward) return {state_.run.value(entry)};
  std::vector<Array> parts;
  for (const Tensor& part : state_.reversals[state_.pass()].contributions(entry))
    if (part.defined()) parts.push_back(part.value());
  return parts;
}

std::vector<Array> StepperMoment::taken() const {
  if (phase() == Phase::forward) return inputs();
  const Tensor dy = state_.reversals[state_.pass()].gradient(state_.number());
  return dy.defined() ? std::vector<Array>{dy.value()} : std::vector<Array>();
}

std::vector<Array> StepperMoment::seen() const {
  std::vector<Array> arrays = taken();
  if (phase() == Phase::forward) return arrays;
  for (Array& value : inputs()) arrays.push_back(std::move(value));
  arrays.push_back(state_.run.value(state_.number()));
  return arrays;
}

bool StepperMoment::ends_forward() const { return state_.position + 1 == state_.entries(); }

Stepper::Stepper(const Tensor& result, StepperOptions options, SourceLocation at) : state_(new State(result, std::move(options), at)) {}
Stepper::Stepper(Stepper&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
Stepper& Stepper::operator=(Stepper&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}
Stepper::~Stepper() { delete state_; }

Phase Stepper::phase() const { return state_->is_forward() ? Phase::forward : Phase::backward; }
std::size_t Stepper::position() const { return state_->position; }
std::size_t Stepper::size() const { return state_->size(); }
std::string Stepper::event() const { return state_->event(); }
Entry Stepper::entry() const { return state_->run.entry(number()); }
std::size_t Stepper::number() const { return state_->number(); }

bool Stepper::next() {
  if (position() + 1 == size()) return false;
  ++state_->position;
  return true;
}

bool Stepper::back() {
  if (position() == 0) return false;
  --state_->position;
  return true;
}

void Stepper::seek(std::size_t position) {
  if (position >= size()) throw ShapeError(fmt::format("event {} of {}", position, size()));
  state_->position = position;
}

void Stepper::seek(const std::string& event) {
  const std::size_t n = entries();
  std::size_t number = 0;
  const auto first = event.find_first_of("0123456789"), last = event.find_last_of("0123456789");
  const bool is_event = first == 1 && (event[0] == 'F' || event[0] == 'B' || event[0] == 'f' || event[0] == 'b');
  const char* const end = event.data() + last + 1;
  const auto parsed = is_event ? std::from_chars(event.data() + 1, end, number) : std::from_chars_result{nullptr, std::errc()};
  const bool is_number = parsed.ptr == end && parsed.ec == std::errc();
  const std::size_t again = is_number ? event.size() - last - 1 : 0;
  const bool is_forward = is_event && (event[0] == 'F' || event[0] == 'f');
  if (!is_number || event.find_first_not_of('\'', last + 1) != std::string::npos || number >= n || again >= state_->reversals.size() ||
      (is_forward && again > 0))
    throw Error(fmt::format("{} is no event; they are F0 to F{} and B{} to B0", event, n - 1, n - 1));
  state_->position = is_forward ? number : n * (again + 2) - 1 - number;
}

bool Stepper::run_until(const Condition& condition) {
  while (next())
    if (condition(StepperMoment(*state_))) return true;
  return false;
}

bool Stepper::reverse_until(const Condition& condition) {
  while (back())
    if (condition(StepperMoment(*state_))) return true;
  return false;
}

void Stepper::run_to_end() { seek(size() - 1); }
void Stepper::run_to_start() { seek(std::size_t{0}); }

void Stepper::append_backward(const Tensor& seed) {
  state_->reversals.emplace_back(state_->run, seed.defined() ? seed : state_->options.seed, state_->options.budget, state_->at);
}

std::size_t Stepper::entries() const { return state_->entries(); }
Entry Stepper::entry(const EntrySelector& which) const { return state_->run.entry(find(which)); }
std::size_t Stepper::find(const EntrySelector& which) const { return state_->run.find(which); }
Tensor Stepper::result() const { return state_->run.result(); }

std::vector<std::size_t> Stepper::inputs(const EntrySelector& which) const {
  const std::size_t i = find(which);
  std::vector<std::size_t> numbers;
  for (std::size_t k = 0; k < state_->run.inputs(i); ++k) numbers.push_back(state_->run.input(i, k));
  return numbers;
}

std::vector<std::size_t> Stepper::users(const EntrySelector& which) const {
  const auto newest_first = state_->run.users(find(which));
  return {newest_first.rbegin(), newest_first.rend()};
}

bool Stepper::has_value(const EntrySelector& which) const { return !state_->is_forward() || find(which) <= position(); }

Tensor Stepper::value(const EntrySelector& which) const {
  const std::size_t i = find(which);
  if (!has_value(i)) throw Error(fmt::format("{} has no value yet at {}; it is computed at F{}", state_->run.title(i), event(), i));
  return Tensor(state_->run.value(i));
}

Tensor Stepper::value() const { return value(number()); }

bool Stepper::has_gradient(const EntrySelector& which) const { return state_->gradient(find(which)).defined(); }
bool Stepper::has_gradient() const { return has_gradient(number()); }

Tensor Stepper::gradient(const EntrySelector& which) const {
  const std::size_t i = find(which);
  Tensor gradient = state_->gradient(i);
  if (gradient.defined()) return gradient;
  if (!state_->run.is_tracked(i))
    throw GradientError(fmt::format("{} has no gradient: it is a constant to the tape", state_->run.title(i)));
  throw GradientError(fmt::format("{} has no gradient at {}", state_->run.title(i), event()));
}

Tensor Stepper::gradient() const { return gradient(number()); }

Statistics Stepper::value_statistics(const EntrySelector& which) const { return statistics(value(which).value()); }
Statistics Stepper::gradient_statistics(const EntrySelector& which) const { return statistics(gradient(which).value()); }

}  // namespace reel::debug
