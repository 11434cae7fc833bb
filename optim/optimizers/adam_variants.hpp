#pragma once
#include <array>

#include <reel/core/mistake.hpp>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

struct AdamaxOptions {
  double lr = 2e-3;
  std::array<double, 2> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;  ///< adds weight_decay · p to the gradient
  bool maximize = false;    ///< up the gradient instead of down

  void visit(NumberVisitor& v) { v("lr", lr), v("betas", betas), v("eps", eps), v("weight_decay", weight_decay), v("maximize", maximize); }
};

/// Adam with the largest gradient instead of the mean square (Kingma and Ba 2015, section 7.1), as PyTorch's:
/// u = max(beta₂ · u, |g| + eps), p -= lr / (1 - beta₁ᵗ) · m / u.
class Adamax : public GroupedOptimizer<AdamaxOptions> {
 public:
  explicit Adamax(const std::vector<ParameterRef>& parameters, const AdamaxOptions& options = {},
                  SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(AdamaxOptions, explicit Adamax(const std::vector<ParameterRef>&, ...));
  const char* name() const override { return "Adamax"; }

 protected:
  void check(const AdamaxOptions& options) const override;
  void update(std::size_t group, Slot& slot) override;
  MomentNames moment_names(std::size_t group) const override;
};

struct NAdamOptions {
  double lr = 2e-3;
  std::array<double, 2> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;       ///< adds weight_decay · p to the gradient
  double momentum_decay = 4e-3;  ///< of the schedule beta₁ · (1 - 0.96^(t · momentum_decay) / 2)

  void visit(NumberVisitor& v) {
    v("lr", lr), v("betas", betas), v("eps", eps), v("weight_decay", weight_decay), v("momentum_decay", momentum_decay);
  }
};

/// Adam with Nesterov's momentum (Dozat 2016), as PyTorch 1.13's.
class NAdam : public GroupedOptimizer<NAdamOptions> {
 public:
  explicit NAdam(const std::vector<ParameterRef>& parameters, const NAdamOptions& options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(NAdamOptions, explicit NAdam(const std::vector<ParameterRef>&, ...));
  const char* name() const override { return "NAdam"; }

 protected:
  void check(const NAdamOptions& options) const override;
  void update(std::size_t group, Slot& slot) override;
  MomentNames moment_names(std::size_t group) const override;
  bool has_product() const override { return true; }
};

struct RAdamOptions {
  double lr = 1e-3;
  std::array<double, 2> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;  ///< adds weight_decay · p to the gradient

  void visit(NumberVisitor& v) { v("lr", lr), v("betas", betas), v("eps", eps), v("weight_decay", weight_decay); }
};

/// Adam that does without v while too few gradients were seen to know it (Liu et al. 2020), as PyTorch's.
class RAdam : public GroupedOptimizer<RAdamOptions> {
 public:
  explicit RAdam(const std::vector<ParameterRef>& parameters, const RAdamOptions& options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(RAdamOptions, explicit RAdam(const std::vector<ParameterRef>&, ...));
  const char* name() const override { return "RAdam"; }

 protected:
  void check(const RAdamOptions& options) const override;
  void update(std::size_t group, Slot& slot) override;
  MomentNames moment_names(std::size_t group) const override;
};

}  // namespace reel::optim
