#pragma once
#include <array>

#include <reel/core/mistake.hpp>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

struct AdamaxOptions {
  double lr = 2e-3;                            ///< learning rate, not negative
  std::array<double, 2> betas = {0.9, 0.999};  ///< share of m and of u that is kept per step, at least 0 and below 1
  double eps = 1e-8;                           ///< added to |g|
  double weight_decay = 0;                     ///< L2 penalty: adds weight_decay · p to the gradient
  bool maximize = false;                       ///< steps along the gradient instead of against it

  void visit(NumberVisitor& v) { v("lr", lr), v("betas", betas), v("eps", eps), v("weight_decay", weight_decay), v("maximize", maximize); }
};

/// Adamax (Kingma and Ba 2015, section 7.1), as PyTorch's: Adam with the largest gradient instead of the mean square. With m of Adam,
/// u = max(beta₂ · u, |g| + eps), then p -= lr / (1 - beta₁ᵗ) · m / u in step t.
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
  double lr = 2e-3;                            ///< learning rate, not negative
  std::array<double, 2> betas = {0.9, 0.999};  ///< share of m and of v that is kept per step, at least 0 and below 1
  double eps = 1e-8;                           ///< added to the denominator
  double weight_decay = 0;                     ///< L2 penalty: adds weight_decay · p to the gradient
  double momentum_decay = 4e-3;                ///< speed of the momentum schedule µₜ, not negative

  void visit(NumberVisitor& v) {
    v("lr", lr), v("betas", betas), v("eps", eps), v("weight_decay", weight_decay), v("momentum_decay", momentum_decay);
  }
};

/// NAdam, Adam with Nesterov momentum (Dozat 2016), as PyTorch 1.13's. With m, v and v̂ of Adam and the momentum schedule
/// µₜ = beta₁ · (1 - 0.96^(t · momentum_decay) / 2), step t is
/// p -= lr · ((1 - µₜ) / (1 - Πₜ) · g + µₜ₊₁ / (1 - Πₜ µₜ µₜ₊₁) · m) / (√v̂ + eps), where Πₜ = µ₁ ··· µₜ. The extra factor µₜ is
/// PyTorch 1.13's; the paper has Πₜ µₜ₊₁.
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
  double lr = 1e-3;                            ///< learning rate, not negative
  std::array<double, 2> betas = {0.9, 0.999};  ///< share of m and of v that is kept per step, at least 0 and below 1
  double eps = 1e-8;                           ///< added to the denominator
  double weight_decay = 0;                     ///< L2 penalty: adds weight_decay · p to the gradient

  void visit(NumberVisitor& v) { v("lr", lr), v("betas", betas), v("eps", eps), v("weight_decay", weight_decay); }
};

/// RAdam, rectified Adam (Liu et al. 2020), as PyTorch's. With m, m̂ and v of Adam, ρ∞ = 2 / (1 - beta₂) - 1 and
/// ρₜ = ρ∞ - 2t · beta₂ᵗ / (1 - beta₂ᵗ): while ρₜ <= 5, too few gradients were seen to know v, and p -= lr · m̂; later
/// p -= lr · r · m̂ · √(1 - beta₂ᵗ) / (√v + eps) with r² = (ρₜ - 4)(ρₜ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρₜ).
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
