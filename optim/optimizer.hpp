#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include <reel/autograd/parameter.hpp>
#include <reel/core/change.hpp>
#include <reel/core/mistake.hpp>
#include <reel/core/unique_ptr.hpp>
#include <reel/nn/module.hpp>

namespace reel::optim {

/// Sees numbers by name: options of a group, or what a scheduler remembers. They stay where they are while their object is loaded.
class NumberVisitor {
 public:
  virtual ~NumberVisitor() = default;
  virtual void operator()(const std::string& name, double& value) = 0;
  virtual void operator()(const std::string& name, std::int64_t& value) = 0;
  virtual void operator()(const std::string& name, bool& value) = 0;
  /// As "name.0" and "name.1".
  void operator()(const std::string& name, std::array<double, 2>& pair) {
    (*this)(name + ".0", pair[0]);
    (*this)(name + ".1", pair[1]);
  }
};

/// Changes parameters by their gradients. Parameters come in groups, each with options of its own; those without a gradient or that do
/// not require one are left alone. Never writes to a gradient. An optimizer that was moved from throws Error when it is used.
class Optimizer {
 public:
  virtual ~Optimizer();

  /// One step along the gradients that backward() left. Throws Error where the optimizer has to evaluate the loss itself (LBFGS). Warns
  /// once (set_warning_handler) where no parameter has a gradient, and of each parameter that got a gradient from the same backward() as
  /// the optimizer's and that no optimizer has, most often because a REEL_MEMBERS line leaves it out. All
  /// memory is there before the first parameter moves: without it, std::bad_alloc, and nothing has changed.
  void step(SourceLocation at = SourceLocation::here());
  /// Computes loss and gradients by `closure`, then steps; returns the loss before the step. The closure clears the gradients, computes
  /// the loss, calls backward() and returns the loss; LBFGS calls it several times a step.
  template <class F>
  requires std::is_invocable_r_v<Tensor, F&> Tensor step(F&& closure, SourceLocation at = SourceLocation::here()) {
    return step_at({const_cast<void*>(static_cast<const void*>(&closure)),
                    [](void* f) -> Tensor { return (*static_cast<std::remove_reference_t<F>*>(f))(); }},
                   at);
  }
  REEL_MISTAKE("a closure takes nothing, calls backward() and returns the loss, a Tensor", Tensor step(...));
  /// Whether step() needs a closure.
  virtual bool needs_closure() const { return false; }
  /// Clears the gradients of all parameters.
  void zero_grad(SourceLocation at = SourceLocation::here());

  /// The learning rate of the first group.
  double lr(SourceLocation at = SourceLocation::here()) const;
  /// Sets it for every group. Throws Error for a negative rate.
  void set_lr(double lr, SourceLocation at = SourceLocation::here());
  std::size_t groups() const { return groups_.size(); }
  /// Of one group. Throws Error for a group that is not there, as below.
  double group_lr(std::size_t group, SourceLocation at = SourceLocation::here()) const;
  void set_group_lr(std::size_t group, double lr, SourceLocation at = SourceLocation::here());
  std::vector<ParameterRef> parameters(SourceLocation at = SourceLocation::here()) const;

  /// The class: "Adam".
  virtual const char* name() const = 0;
  /// A group's options by their names, to read or change.
  void visit_options(std::size_t group, NumberVisitor& visitor, SourceLocation at = SourceLocation::here());
  /// A number among a group's options, "momentum" or "betas.0"; null where there is none of this name.
  double* find_option(std::size_t group, const std::string& name, SourceLocation at = SourceLocation::here());

  /// All that the next steps depend on, beside the parameters: options as "group.0.lr", counts and moments as "state.0.step" and
  /// "state.0.exp_avg", parameters numbered in order. PyTorch's names.
  State state(SourceLocation at = SourceLocation::here()) const;
  /// Takes all of it over, or nothing: throws Error that names the entries that are missing, unexpected or do not fit.
  void load_state(const State& state, SourceLocation at = SourceLocation::here());
  /// The first half of load_state(): throws where the state does not fit, and changes nothing. The second half, which cannot fail, is the
  /// change's commit().
  Change prepare_load(const State& state);

 protected:
  /// The most moments that an optimizer keeps of one parameter.
  static constexpr std::size_t max_moments = 3;

  class MomentNames {
   public:
    MomentNames(std::initializer_list<const char*> names) {
      for (const char* const name : names) push_back(name);
    }
    void push_back(const char* name) { names_[size_++] = name; }
    std::size_t size() const { return size_; }
    const char* operator[](std::size_t k) const { return names_[k]; }

   private:
    std::array<const char*, max_moments> names_{};
    std::size_t size_ = 0;
  };
  using MomentArrays = std::array<Array, max_moments>;
  /// What an optimizer remembers of one parameter.
  struct Slot {
    ParameterRef parameter;
    std::int64_t steps = 0;
    double product = 1;                 // of the factors of a momentum schedule (NAdam)
    MomentArrays moments = {};          // empty until they are needed
    UniquePtr<MomentArrays> next = {};  // those that a step is about to begin, or to convert, full of zeros or converted
  };
  struct Closure {
    void* function;
    Tensor (*call)(void* function);
    Tensor operator()() const { return call(function); }
  };

  Optimizer() = default;
  Optimizer(Optimizer&&) noexcept = default;
  Optimizer& operator=(Optimizer&&) noexcept = default;

  /// Throws Error for a group that is not there.
  void check_group(std::size_t group, SourceLocation at) const;
  /// Throws Error for an empty list or a parameter that is already there.
  void add_parameters(const std::vector<ParameterRef>& parameters);
  virtual double& lr_of(std::size_t group) = 0;
  virtual void update(std::size_t group, Slot& slot) = 0;
  virtual Tensor step_by(const Closure& closure);
  virtual void options_of(std::size_t group, NumberVisitor& visitor) = 0;
  /// Throws Error for options that make no sense.
  virtual void check_options_of(std::size_t group) const = 0;
  /// The names of the moments that the group's options need.
  virtual MomentNames moment_names(std::size_t group) const = 0;
  virtual bool has_product() const { return false; }
  /// What is remembered of all parameters together, and what takes such entries over.
  virtual State common_state() const { return {}; }
  virtual Change prepare_common(const State& /*state*/) { return {}; }

 private:
  void make_room();
  void make_room(Slot& slot, std::size_t moments);
  friend class Scheduler;
  class Loading;
  void check_not_moved_from(SourceLocation at) const;
  Tensor step_at(const Closure& closure, SourceLocation at);
  void step_all(SourceLocation at);
  void warn_of_nothing(SourceLocation at);
  void warn_of_untrained(SourceLocation at) const;
  struct Group {
    std::vector<Slot> slots;
    std::optional<double> initial_lr = {};  // of the first scheduler, from which others start as well
  };
  std::vector<Group> groups_;
  bool warned_of_nothing_ = false;
};

/// An optimizer with one set of options a group. The constructor's parameters are the first group.
template <class Options>
class GroupedOptimizer : public Optimizer {
 public:
  /// More parameters, with options of their own.
  void add_group(const std::vector<ParameterRef>& parameters, const Options& options, SourceLocation at = SourceLocation::here()) {
    reel::detail::placed(at, [&] {
      check(options);
      options_.reserve(options_.size() + 1);
      add_parameters(parameters);
    });
    options_.push_back(options);
  }
  REEL_MISTAKE("the optimizer has no such option, or not of this type", void add_group(const std::vector<ParameterRef>&, ...));
  const Options& options(std::size_t group = 0, SourceLocation at = SourceLocation::here()) const& {
    check_group(group, at);
    return options_[group];
  }
  Options options(std::size_t group = 0) && { return std::as_const(*this).options(group); }

 protected:
  double& lr_of(std::size_t group) override { return options_[group].lr; }
  void options_of(std::size_t group, NumberVisitor& visitor) override { options_[group].visit(visitor); }
  void check_options_of(std::size_t group) const override { check(options_[group]); }
  /// Throws Error for options that make no sense.
  virtual void check(const Options& options) const = 0;

 private:
  std::vector<Options> options_;
};

}  // namespace reel::optim
