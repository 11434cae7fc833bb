#include <reel/autograd/debug/live.hpp>

#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/analysis.hpp>
#include <reel/autograd/debug/detail/environment.hpp>
#include <reel/autograd/debug/detail/unwatched.hpp>
#include <reel/autograd/detail/node.hpp>
#include <reel/autograd/detail/watcher.hpp>

namespace reel::debug {

using reel::detail::Node;

namespace {

std::vector<Array> values_of(const Node* node) {
  std::vector<Array> values;
  for (const Tensor& t : node->inputs) values.push_back(t.value());
  return values;
}

/// An op that was just run.
class Recorded final : public Moment {
 public:
  explicit Recorded(const Tensor& result) : Moment(Phase::forward, Entry(result)) {}
  std::vector<Array> made() const override { return {entry().value()}; }
  std::vector<Array> taken() const override { return values_of(entry().output().node()); }
};

/// A rule that was just applied, for one of the op's inputs.
class Applied final : public Moment {
 public:
  Applied(Node* node, const Tensor& dy, const Tensor& gradient)
      : Moment(Phase::backward, Entry(Tensor::share(node))), dy_(dy.value()), gradient_(gradient.value()) {}
  std::vector<Array> made() const override { return {gradient_}; }
  std::vector<Array> taken() const override { return {dy_}; }
  std::vector<Array> seen() const override {
    std::vector<Array> all = values_of(entry().output().node());
    all.push_back(entry().value());
    all.push_back(dy_);
    return all;
  }

 private:
  Array dy_, gradient_;
};

/// "[1] = nan of -1, 2" for the first element that is not finite.
std::string bad_element(const Moment& moment) {
  for (const Array& made : moment.made()) {
    const auto position = first_nonfinite(made);
    if (!position) continue;
    std::string text = fmt::format("{} at [", number(made.as_double(*position)));
    const Ints index = index_of(made.shape(), *position);
    for (std::size_t axis = 0; axis < index.size(); ++axis) text += fmt::format("{}{}", axis == 0 ? "" : ",", index[axis]);
    text += "]";
    std::string from;
    for (const Array& x : moment.seen()) {
      if (x.size() != 1 && x.shape() != made.shape()) continue;
      from += (from.empty() ? " of " : ", ") + number(x.as_double(x.size() == 1 ? 0 : *position));
    }
    return text + from;
  }
  return {};
}

}  // namespace

std::string describe(const Moment& moment) {
  const Entry& op = moment.entry();
  const bool is_rule = moment.phase() == Phase::backward;
  std::string text = fmt::format("{}{}", is_rule ? "the rule of " : "", op.op());
  if (!op.name().empty()) text += " '" + op.name() + "'";
  const std::string bad = bad_element(moment);
  if (!bad.empty()) text += ": " + bad;
  if (is_rule && !op.rule().empty()) text += fmt::format(" (rule {})", op.rule());
  const std::string domain = domain_of(op);
  if (!bad.empty() && !domain.empty() && !is_rule) text += "; " + domain;
  const std::string at = place_in_brackets(op);
  return at.empty() ? text : text + " " + at;
}

#if defined(__GNUC__)
[[gnu::noinline]]
#endif
void breakpoint_hit(const Hit& hit) {
  __asm__ volatile("" : : "r"(&hit) : "memory");  // so that the compiler drops neither the call nor its argument
}

struct Live::State {
  struct Breakpoint {
    Condition condition;
    UniquePtr<Callback> callback;
  };
  std::vector<Breakpoint> breakpoints;
  std::size_t hits = 0;
};

Live::Callback::~Callback() = default;

namespace {

thread_local std::vector<Live::State*> lives;

void look_at(const Moment& moment) {
  if (Unwatched::on()) return;
  const Unwatched quiet;  // callbacks' computations are not checked
  const NoGrad pause;
  if (mode) mode->event(moment);
  for (std::size_t i = 0; i < lives.size(); ++i) {
    Live::State& live = *lives[i];
    for (std::size_t k = 0; k < live.breakpoints.size(); ++k) {  // a callback may add one
      const Condition condition = live.breakpoints[k].condition;
      if (!condition(moment)) continue;
      ++live.hits;
      const Hit hit{moment, describe(moment), condition.text()};
      breakpoint_hit(hit);
      (*live.breakpoints[k].callback)(hit);
    }
  }
}

class Debugger final : public reel::detail::Watcher {
 public:
  bool is_pausing() const override { return Unwatched::on(); }
  void recorded(const Tensor& result) override { look_at(Recorded(result)); }
  void applied(Node* node, const Tensor& dy, const Tensor& gradient) override { look_at(Applied(node, dy, gradient)); }
  void before_backward(const Tensor& result, const Tensor& seed) override {
    if (mode && !Unwatched::on()) mode->backward(result, seed);
  }
};

constinit Debugger debugger;

}  // namespace

Mode::~Mode() = default;

Mode* mode = nullptr;

void begin_to_watch() {
  __atomic_store_n(&reel::detail::linked_watcher, static_cast<reel::detail::Watcher*>(&debugger), __ATOMIC_RELEASE);
  __atomic_fetch_add(&reel::detail::watchers, 1, __ATOMIC_RELEASE);
}

Live::Live() : state_(new State) {
  lives.push_back(state_);
  begin_to_watch();
}

Live::~Live() {
  __atomic_fetch_sub(&reel::detail::watchers, 1, __ATOMIC_RELAXED);
  std::erase(lives, state_);
  delete state_;
}

void Live::add(const Condition& condition, UniquePtr<Callback> callback) {
  state_->breakpoints.push_back({condition, std::move(callback)});
}

void Live::stop_at(const Condition& condition) {
  on(condition, [text = condition.text()](const Hit& hit) { throw Error(text + ": " + hit.message); });
}

std::size_t Live::hits() const { return state_->hits; }

}  // namespace reel::debug
