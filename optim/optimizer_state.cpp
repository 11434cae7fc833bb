#include <fmt/format.h>
#include <reel/optim/optimizer.hpp>
#include <reel/optim/state_visitors.hpp>

namespace reel::optim {

State Optimizer::state() const {
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

/// What load_state() would change, put together before anything is changed. The options are the exception, since moments and checks
/// depend on them: they are put back unless everything fits.
class Optimizer::Loading {
 public:
  Loading(Optimizer& optimizer, const State& state) : optimizer_(optimizer), entries_(state) {
    for (std::size_t group = 0; group < optimizer.groups_.size(); ++group) {
      WriteNumbers write(before_, fmt::format("group.{}.", group));
      optimizer.options_of(group, write);
    }
  }
  Loading(const Loading&) = delete;
  Loading& operator=(const Loading&) = delete;
  ~Loading() {
    if (!done_) take_options(before_);
  }

  void check() {
    for (std::size_t group = 0; group < optimizer_.groups_.size(); ++group) check_group(group);
    for (const auto& [name, tensor] : entries_.state())
      if (name.starts_with("common.")) common_[name.substr(7)] = entries_.take(name);
    entries_.finish(optimizer_.name());
    for (std::size_t group = 0; group < optimizer_.groups_.size(); ++group) optimizer_.check_options_of(group);
  }

  void commit() {
    optimizer_.take_common(common_);
    std::size_t i = 0;
    for (std::size_t group = 0; group < optimizer_.groups_.size(); ++group) {
      optimizer_.groups_[group].initial_lr = initial_lrs_[group];
      for (Slot& slot : optimizer_.groups_[group].slots) slot = std::move(slots_[i++]);
    }
    done_ = true;
  }

 private:
  void take_options(const State& state) {
    Entries all(state);
    for (std::size_t group = 0; group < optimizer_.groups_.size(); ++group) {
      ReadNumbers read(all, fmt::format("group.{}.", group));
      optimizer_.options_of(group, read);
    }
  }

  void check_group(std::size_t group) {
    const std::string prefix = fmt::format("group.{}.", group);
    ReadNumbers read(entries_, prefix);
    optimizer_.options_of(group, read);
    std::optional<double>& initial = initial_lrs_.emplace_back();
    if (entries_.has(prefix + "initial_lr")) entries_.number(prefix + "initial_lr", initial.emplace());
    const auto names = optimizer_.moment_names(group);
    for (const Slot& slot : optimizer_.groups_[group].slots) check_slot(slot, names);
  }

  void check_slot(const Slot& here, const std::vector<const char*>& names) {
    const std::string prefix = fmt::format("state.{}.", slots_.size());
    Slot slot{here.parameter};
    entries_.number(prefix + "step", slot.steps);
    if (slot.steps < 0) entries_.refuse(prefix + "step is negative");
    if (slot.steps > 0) {
      if (optimizer_.has_product()) entries_.number(prefix + "mu_product", slot.product);
      for (std::size_t k = 0; k < names.size(); ++k)
        slot.moments[k] = entries_.array(prefix + names[k], here.parameter.shape(), here.parameter.dtype(), here.parameter.name());
    }
    slots_.push_back(std::move(slot));
  }

  Optimizer& optimizer_;
  Entries entries_;
  State before_, common_;
  std::vector<Slot> slots_;
  std::vector<std::optional<double>> initial_lrs_;
  bool done_ = false;
};

void Optimizer::load_state(const State& state) {
  Loading loading(*this, state);
  loading.check();
  loading.commit();
}

}  // namespace reel::optim
