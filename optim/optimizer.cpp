#include <reel/optim/optimizer.hpp>

#include <utility>

#include <fmt/format.h>
#include <reel/autograd/detail/untrained.hpp>
#include <reel/autograd/detail/warning.hpp>

namespace reel::optim {

namespace {

bool takes_part(const ParameterRef& parameter) { return parameter.has_grad() && parameter.requires_grad(); }

}  // namespace

Optimizer::~Optimizer() = default;

void Optimizer::check_not_moved_from(SourceLocation at) const {
  if (groups_.empty()) [[unlikely]]
    reel::detail::placed(at, [&] { throw Error(fmt::format("{}: it was moved from and used afterwards", name())); });
}

void Optimizer::step(SourceLocation at) {
  check_not_moved_from(at);
  if (needs_closure())
    reel::detail::placed(at, [&] {
      throw Error(fmt::format("{}: step() needs a closure, which clears the gradients, computes the loss, calls backward() and returns it",
                              name()));
    });
  step_all(at);
}

void Optimizer::step_all(SourceLocation at) {
  make_room();
  bool any = false;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    for (Slot& slot : groups_[group].slots) {
      if (!takes_part(slot.parameter)) continue;
      any = true;
      ++slot.steps;
      update(group, slot);
      if (slot.next) slot.next = {};
    }
  }
  if (!any) [[unlikely]]
    warn_of_nothing(at);
  if (reel::detail::has_untrained()) [[unlikely]]
    warn_of_untrained(at);
}

Tensor Optimizer::step_at(const Closure& closure, SourceLocation at) {
  check_not_moved_from(at);
  Tensor loss = step_by(closure);
  if (reel::detail::has_untrained()) [[unlikely]]
    warn_of_untrained(at);
  return loss;
}

void Optimizer::make_room() {
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    const std::size_t moments = moment_names(group).size();
    for (Slot& slot : groups_[group].slots)
      if (takes_part(slot.parameter)) make_room(slot, moments);
  }
}

/// Allocates missing moments, and makes sure that nobody else shares the slot's arrays.
void Optimizer::make_room(Slot& slot, std::size_t moments) {
  for (std::size_t k = 0; k < moments; ++k) {
    Array& moment = slot.moments[k];
    const Array& value = slot.parameter.value();
    if (moment.shape() == value.shape() && moment.dtype() == value.dtype()) {
      moment.mutable_raw();
      continue;
    }
    if (!slot.next) slot.next = UniquePtr<MomentArrays>(new MomentArrays);
    (*slot.next)[k] = moment.shape() == value.shape() ? moment.astype(value.dtype()) : Array::zeros(value.shape(), value.dtype());
  }
  slot.parameter.update([](auto*, std::size_t) {});
}

Tensor Optimizer::step_by(const Closure& closure) {
  Tensor loss = closure();
  step_all({});
  return loss;
}

void Optimizer::warn_of_nothing(SourceLocation at) {
  std::size_t trainable = 0;
  for (const Group& group : groups_)
    for (const Slot& slot : group.slots) trainable += slot.parameter.requires_grad();
  if (trainable == 0 || std::exchange(warned_of_nothing_, true)) return;
  const std::string others = reel::detail::last_untrained();
  reel::detail::warn(fmt::format("{}: step() changes nothing, since none of its {} parameters has a gradient{}{}", name(), trainable,
                                 others.empty()
                                     ? "; backward() has to come after zero_grad() and before step()"
                                     : fmt::format("; backward() reached {}: a copy of a module or parameter is another one", others),
                                 reel::detail::place_text(at)));
}

void Optimizer::warn_of_untrained(SourceLocation at) const {
  for (const std::string& text : reel::detail::take_untrained(parameters(at)))
    reel::detail::warn(fmt::format("{}{}", text, reel::detail::place_text(at)));
}

void Optimizer::zero_grad(SourceLocation at) {
  check_not_moved_from(at);
  for (Group& group : groups_)
    for (Slot& slot : group.slots) slot.parameter.clear_grad();
}

double Optimizer::lr(SourceLocation at) const { return group_lr(0, at); }

void Optimizer::set_lr(double lr, SourceLocation at) {
  check_not_moved_from(at);
  for (std::size_t group = 0; group < groups_.size(); ++group) set_group_lr(group, lr, at);
}

double Optimizer::group_lr(std::size_t group, SourceLocation at) const {
  check_group(group, at);
  return const_cast<Optimizer*>(this)->lr_of(group);
}

void Optimizer::set_group_lr(std::size_t group, double lr, SourceLocation at) {
  check_group(group, at);
  if (!(lr >= 0)) reel::detail::placed(at, [&] { throw Error(fmt::format("{}: lr is {}; it has to be 0 or more", name(), lr)); });
  lr_of(group) = lr;
}

std::vector<ParameterRef> Optimizer::parameters(SourceLocation at) const {
  check_not_moved_from(at);
  std::vector<ParameterRef> result;
  for (const Group& group : groups_)
    for (const Slot& slot : group.slots) result.push_back(slot.parameter);
  return result;
}

void Optimizer::visit_options(std::size_t group, NumberVisitor& visitor, SourceLocation at) {
  check_group(group, at);
  options_of(group, visitor);
}

double* Optimizer::find_option(std::size_t group, const std::string& name, SourceLocation at) {
  struct Finder : NumberVisitor {
    using NumberVisitor::operator();
    explicit Finder(const std::string& n) : wanted(n) {}
    void operator()(const std::string& n, double& value) override {
      if (n == wanted) found = &value;
    }
    void operator()(const std::string&, std::int64_t&) override {}
    void operator()(const std::string&, bool&) override {}
    const std::string& wanted;
    double* found = nullptr;
  } finder(name);
  visit_options(group, finder, at);
  return finder.found;
}

void Optimizer::check_group(std::size_t group, SourceLocation at) const {
  check_not_moved_from(at);
  if (group >= groups_.size())
    reel::detail::placed(at, [&] { throw Error(fmt::format("group {} of an optimizer with {} groups", group, groups_.size())); });
}

void Optimizer::add_parameters(const std::vector<ParameterRef>& parameters) {
  if (parameters.empty()) throw Error("an optimizer was given no parameters");
  Group group;
  const auto check_new = [&](const Group& known, const ParameterRef& parameter) {
    for (const Slot& slot : known.slots)
      if (slot.parameter.is_same(parameter)) throw Error(fmt::format("parameter {} is in the optimizer twice", parameter.name()));
  };
  for (const ParameterRef& parameter : parameters) {
    parameter.tensor({});  // throws for one that was moved from
    for (const Group& known : groups_) check_new(known, parameter);
    check_new(group, parameter);
    group.slots.push_back({parameter});
  }
  for (const ParameterRef& parameter : parameters) reel::detail::set_in_optimizer(parameter);
  groups_.push_back(std::move(group));
}

}  // namespace reel::optim
