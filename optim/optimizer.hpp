#pragma once
#include <cstdint>
#include <vector>

#include <reel/autograd/parameter.hpp>

namespace reel::optim {

/// Changes parameters by their gradients. Parameters come in groups, each with options of its own; those without a gradient or that do
/// not require one are left alone. Never writes to a gradient.
class Optimizer {
 public:
  virtual ~Optimizer();

  /// One step along the gradients that backward() left.
  void step();
  /// Clears the gradients of all parameters.
  void zero_grad();

  /// The learning rate of the first group.
  double lr() const;
  /// Sets it for every group.
  void set_lr(double lr);
  std::size_t groups() const { return groups_.size(); }
  double group_lr(std::size_t group) const;
  void set_group_lr(std::size_t group, double lr);
  std::vector<ParameterRef> parameters() const;

 protected:
  /// What an optimizer remembers of one parameter.
  struct Slot {
    ParameterRef parameter;
    std::int64_t steps = 0;
    Array first = {}, second = {};  // moments; empty until they are needed

    /// Makes both moments, as zeros, at the first step, and follows the parameter to another dtype.
    void start_moments();
  };

  Optimizer() = default;
  Optimizer(Optimizer&&) noexcept = default;
  Optimizer& operator=(Optimizer&&) noexcept = default;

  /// Throws Error for a group that is not there.
  void check_group(std::size_t group) const;
  /// Throws Error for an empty list or a parameter that is already there.
  void add_parameters(const std::vector<ParameterRef>& parameters);
  virtual double& lr_of(std::size_t group) = 0;
  virtual void update(std::size_t group, Slot& slot) = 0;

 private:
  struct Group {
    std::vector<Slot> slots;
  };
  std::vector<Group> groups_;
};

/// An optimizer with one set of options a group. The constructor's parameters are the first group.
template <class Options>
class GroupedOptimizer : public Optimizer {
 public:
  /// More parameters, with options of their own.
  void add_group(const std::vector<ParameterRef>& parameters, const Options& options) {
    check(options);
    add_parameters(parameters);
    options_.push_back(options);
  }
  const Options& options(std::size_t group = 0) const {
    check_group(group);
    return options_[group];
  }

 protected:
  double& lr_of(std::size_t group) override { return options_[group].lr; }
  /// Throws Error for options that make no sense.
  virtual void check(const Options& options) const = 0;

 private:
  std::vector<Options> options_;
};

}  // namespace reel::optim
