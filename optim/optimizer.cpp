#include <reel/optim/optimizer.hpp>

#include <fmt/format.h>

namespace reel::optim {

namespace {

bool takes_part(const ParameterRef& parameter) { return parameter.has_grad() && parameter.requires_grad(); }

}  // namespace

Optimizer::~Optimizer() = default;

void Optimizer::step() {
  if (needs_closure())
    throw Error(
        fmt::format("{}: step() needs a closure, which clears the gradients, computes the loss, calls backward() and returns it", name()));
  make_room();
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    for (Slot& slot : groups_[group].slots) {
      if (!takes_part(slot.parameter)) continue;
      ++slot.steps;
      update(group, slot);
    }
  }
}

void Optimizer::make_room() {
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    const std::size_t moments = moment_names(group).size();
    for (Slot& slot : groups_[group].slots)
      if (takes_part(slot.parameter)) make_room(slot, moments);
  }
}

/// Makes the moments that are not there, and has the slot's arrays to itself.
void Optimizer::make_room(Slot& slot, std::size_t moments) {
  for (std::size_t k = 0; k < moments; ++k) {
    Array& moment = slot.moments[k];
    const Array& value = slot.parameter.value();
    if (moment.shape() == value.shape() && moment.dtype() == value.dtype()) {
      moment.mutable_raw();
      continue;
    }
    if (!slot.next) slot.next = Owned<MomentArrays>(new MomentArrays);
    (*slot.next)[k] = moment.shape() == value.shape() ? moment.astype(value.dtype()) : Array::zeros(value.shape(), value.dtype());
  }
  slot.parameter.update([](auto*, std::size_t) {});
}

Tensor Optimizer::step_by(const Closure& closure) {
  Tensor loss = closure();
  step();
  return loss;
}

void Optimizer::zero_grad() {
  for (Group& group : groups_)
    for (Slot& slot : group.slots) slot.parameter.clear_grad();
}

double Optimizer::lr() const { return group_lr(0); }

void Optimizer::set_lr(double lr, SourceLocation at) {
  reel::detail::placed(at, [&] {
    for (std::size_t group = 0; group < groups_.size(); ++group) set_group_lr(group, lr);
  });
}

double Optimizer::group_lr(std::size_t group) const {
  check_group(group);
  return const_cast<Optimizer*>(this)->lr_of(group);
}

void Optimizer::set_group_lr(std::size_t group, double lr) {
  check_group(group);
  if (!(lr >= 0)) throw Error(fmt::format("{}: lr is {}; it has to be 0 or more", name(), lr));
  lr_of(group) = lr;
}

std::vector<ParameterRef> Optimizer::parameters() const {
  std::vector<ParameterRef> result;
  for (const Group& group : groups_)
    for (const Slot& slot : group.slots) result.push_back(slot.parameter);
  return result;
}

void Optimizer::visit_options(std::size_t group, NumberVisitor& visitor) {
  check_group(group);
  options_of(group, visitor);
}

double* Optimizer::find_option(std::size_t group, const std::string& name) {
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
  visit_options(group, finder);
  return finder.found;
}

void Optimizer::check_group(std::size_t group) const {
  if (group >= groups_.size()) throw Error(fmt::format("group {} of an optimizer with {} groups", group, groups_.size()));
}

void Optimizer::add_parameters(const std::vector<ParameterRef>& parameters) {
  if (parameters.empty()) throw Error("an optimizer was given no parameters");
  Group group;
  for (const ParameterRef& parameter : parameters) {
    for (const ParameterRef& known : this->parameters())
      if (known.is_same(parameter)) throw Error(fmt::format("parameter {} is in the optimizer twice", parameter.name()));
    for (const Slot& slot : group.slots)
      if (slot.parameter.is_same(parameter)) throw Error(fmt::format("parameter {} is in the optimizer twice", parameter.name()));
    group.slots.push_back({parameter});
  }
  groups_.push_back(std::move(group));
}

}  // namespace reel::optim
