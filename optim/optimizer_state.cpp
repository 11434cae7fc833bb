#include <fmt/format.h>
#include <reel/optim/optimizer.hpp>
#include <reel/optim/state_visitors.hpp>

namespace reel::optim {

State Optimizer::state(SourceLocation at) const {
  check_not_moved_from(at);
  auto& self = const_cast<Optimizer&>(*this);  // visitors may change what they see; this one reads
  State result;
  std::size_t i = 0;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    WriteNumbers write(result, fmt::format("group.{}.", group));
    self.options_of(group, write);
    if (groups_[group].initial_lr) result[fmt::format("group.{}.initial_lr", group)] = scalar_of(*groups_[group].initial_lr);
    const auto names = moment_names(group);
    for (const Slot& slot : groups_[group].slots) {
      const std::string prefix = fmt::format("state.{}.", i++);
      result[prefix + "step"] = scalar_of(slot.steps);
      if (slot.steps == 0) continue;
      if (has_product()) result[prefix + "mu_product"] = scalar_of(slot.product);
      for (std::size_t k = 0; k < names.size(); ++k) result[prefix + names[k]] = Tensor(slot.moments[k]);
    }
  }
  for (auto& [name, tensor] : common_state()) result["common." + name] = tensor;
  return result;
}

/// The changes of load_state(), collected before anything is changed.
class Optimizer::Loading {
 public:
  Loading(Optimizer& optimizer, const State& state) : optimizer_(&optimizer) {
    Entries entries(state);
    const std::size_t groups = optimizer.groups_.size();
    for (std::size_t group = 0; group < groups; ++group) read_options(entries, group);
    {
      const ReadNumbers::Swapped loaded(numbers_);  // moments and checks depend on the options
      for (std::size_t group = 0; group < groups; ++group) read_slots(entries, group);
      State common;
      for (const auto& [name, tensor] : state)
        if (name.starts_with("common.")) common[name.substr(7)] = entries.take(name);
      entries.finish(optimizer.name());
      for (std::size_t group = 0; group < groups; ++group) optimizer.check_options_of(group);
      common_ = optimizer.prepare_common(common);
    }
  }

  void commit() noexcept {
    numbers_.swap();
    common_.commit();
    std::size_t i = 0;
    for (std::size_t group = 0; group < initial_lrs_.size(); ++group) {
      optimizer_->groups_[group].initial_lr = initial_lrs_[group];
      for (Slot& slot : optimizer_->groups_[group].slots) slot = std::move(slots_[i++]);
    }
  }

 private:
  void read_options(Entries& entries, std::size_t group) {
    const std::string prefix = fmt::format("group.{}.", group);
    ReadNumbers read(entries, prefix, numbers_);
    optimizer_->options_of(group, read);
    std::optional<double>& initial = initial_lrs_.emplace_back();
    if (entries.has(prefix + "initial_lr")) entries.number(prefix + "initial_lr", initial.emplace());
  }

  void read_slots(Entries& entries, std::size_t group) {
    const auto names = optimizer_->moment_names(group);
    for (const Slot& here : optimizer_->groups_[group].slots) {
      const std::string prefix = fmt::format("state.{}.", slots_.size());
      const ParameterRef& parameter = here.parameter;
      Slot slot{parameter};
      entries.number(prefix + "step", slot.steps);
      if (slot.steps < 0) entries.refuse(prefix + "step is negative");
      if (slot.steps > 0) {
        if (optimizer_->has_product()) entries.number(prefix + "mu_product", slot.product);
        for (std::size_t k = 0; k < names.size(); ++k)
          slot.moments[k] = entries.array(prefix + names[k], parameter.shape(), parameter.dtype(), parameter.name());
      }
      slots_.push_back(std::move(slot));
    }
  }

  Optimizer* optimizer_;
  ReadNumbers::Numbers numbers_;
  Change common_;
  std::vector<Slot> slots_;
  std::vector<std::optional<double>> initial_lrs_;
};

void Optimizer::load_state(const State& state, SourceLocation at) {
  check_not_moved_from(at);
  reel::detail::placed(at, [&] { prepare_load(state).commit(); });
}

Change Optimizer::prepare_load(const State& state) {
  return Change([loading = Loading(*this, state)]() mutable noexcept { loading.commit(); });
}

}  // namespace reel::optim
