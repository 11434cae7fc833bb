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

/// Visits numbers by name: the options of a group, or the state of a scheduler. Visitors may keep the numbers' addresses while their object
/// is loaded.
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

/// Base class of optimizers, which update parameters by their gradients. Parameters come in groups, each with options of its own;
/// parameters that have no gradient or do not require one are skipped. Gradients are never written to. An optimizer that was moved from
/// throws Error when it is used.
class Optimizer {
 public:
  virtual ~Optimizer();

  /// Updates all parameters once, by the gradients that backward() computed. Throws Error where the optimizer has to evaluate the loss
  /// itself (LBFGS). Warns once (set_warning_handler) if no parameter has a gradient, and once for each parameter that got a gradient from
  /// the same backward() as the optimizer's parameters but belongs to no optimizer, most often because a REEL_MEMBERS line leaves it out.
  /// All memory is allocated before the first parameter changes: if that fails, MemoryError or std::bad_alloc is thrown, and nothing has
  /// changed.
  void step(SourceLocation at = SourceLocation::here());
  /// Calls `closure` for loss and gradients, then updates the parameters. Returns the loss before the update. The closure clears the
  /// gradients, computes the loss, calls backward() and returns the loss; LBFGS calls it several times per step.
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
  /// Sets the learning rate of every group. Throws Error for a negative rate.
  void set_lr(double lr, SourceLocation at = SourceLocation::here());
  /// The number of groups.
  std::size_t groups() const { return groups_.size(); }
  /// The learning rate of one group. Here and below, throws Error for a group that does not exist.
  double group_lr(std::size_t group, SourceLocation at = SourceLocation::here()) const;
  void set_group_lr(std::size_t group, double lr, SourceLocation at = SourceLocation::here());
  /// The parameters of all groups.
  std::vector<ParameterRef> parameters(SourceLocation at = SourceLocation::here()) const;

  /// The class's name, such as "Adam".
  virtual const char* name() const = 0;
  /// Visits a group's options by their names, to read or change them.
  void visit_options(std::size_t group, NumberVisitor& visitor, SourceLocation at = SourceLocation::here());
  /// A number among a group's options by its name, such as "momentum" or "betas.0"; null if there is none of this name.
  double* find_option(std::size_t group, const std::string& name, SourceLocation at = SourceLocation::here());

  /// Everything but the parameters that the next steps depend on: options as "group.0.lr", step counts and moments as "state.0.step" and
  /// "state.0.exp_avg", where parameters are numbered in order. Names are PyTorch's.
  State state(SourceLocation at = SourceLocation::here()) const;
  /// Loads the whole state, or nothing: throws Error that names the entries that are missing, unexpected or do not fit.
  void load_state(const State& state, SourceLocation at = SourceLocation::here());
  /// The first half of load_state(): throws where the state does not fit, and changes nothing. The second half, which cannot fail, is the
  /// change's commit().
  Change prepare_load(const State& state);

 protected:
  /// The largest number of moments that an optimizer keeps per parameter.
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
  /// An optimizer's state of one parameter.
  struct Slot {
    ParameterRef parameter;
    std::int64_t steps = 0;
    double product = 1;                 // of the momentum schedule's factors so far (NAdam)
    MomentArrays moments = {};          // empty before the first step
    UniquePtr<MomentArrays> next = {};  // moments that the next step starts (zeros) or converts to another dtype
  };
  struct Closure {
    void* function;
    Tensor (*call)(void* function);
    Tensor operator()() const { return call(function); }
  };

  Optimizer() = default;
  Optimizer(Optimizer&&) noexcept = default;
  Optimizer& operator=(Optimizer&&) noexcept = default;

  /// Throws Error for a group that does not exist.
  void check_group(std::size_t group, SourceLocation at) const;
  /// Adds a group. Throws Error for an empty list or a parameter that the optimizer has already.
  void add_parameters(const std::vector<ParameterRef>& parameters);
  virtual double& lr_of(std::size_t group) = 0;
  virtual void update(std::size_t group, Slot& slot) = 0;
  virtual Tensor step_by(const Closure& closure);
  virtual void options_of(std::size_t group, NumberVisitor& visitor) = 0;
  /// Throws Error for options out of range.
  virtual void check_options_of(std::size_t group) const = 0;
  /// The names of the moments that the group's options need.
  virtual MomentNames moment_names(std::size_t group) const = 0;
  virtual bool has_product() const { return false; }
  /// The state of all parameters together (LBFGS), and the change that loads such a state.
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
    std::optional<double> initial_lr = {};  // the rate before the first scheduler; later ones start from it, too
  };
  std::vector<Group> groups_;
  bool warned_of_nothing_ = false;
};

/// An optimizer with one set of options per group. The parameters that its constructor is given are the first group.
template <class Options>
class GroupedOptimizer : public Optimizer {
 public:
  /// Adds a group of parameters with options of its own. Throws Error for options out of range, an empty list, and a parameter that the
  /// optimizer has already.
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
  /// Throws Error for options out of range.
  virtual void check(const Options& options) const = 0;

 private:
  std::vector<Options> options_;
};

}  // namespace reel::optim
