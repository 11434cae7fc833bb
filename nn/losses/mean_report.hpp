#pragma once
// Internal; not installed.
#include <cstdint>
#include <optional>
#include <utility>

namespace reel::nn::detail {

/// While alive, records the divisor of the means that class losses take on this thread: the number of rows that are not ignored, or the sum
/// of their class weights. Trainer needs the divisor to combine the means of several batches. Losses that report none divide by the rows.
class MeanReport {
 public:
  MeanReport() : outer_(std::exchange(current, this)) {}
  ~MeanReport() { current = outer_; }
  MeanReport(const MeanReport&) = delete;
  MeanReport& operator=(const MeanReport&) = delete;

  /// The divisor; empty where no loss reported one, or several losses reported different ones.
  std::optional<double> divisor() const { return is_clear_ ? divisor_ : std::nullopt; }
  /// The class that the loss ignores (ignore_index); empty where divisor() is.
  std::optional<std::int64_t> ignored() const { return is_clear_ && divisor_ ? std::optional(ignored_) : std::nullopt; }

  /// Called by a loss that took a mean.
  static void tell(double divisor, std::int64_t ignored) {
    if (current) current->take(divisor, ignored);
  }

 private:
  void take(double divisor, std::int64_t ignored) {
    if (divisor_ && (*divisor_ != divisor || ignored_ != ignored)) is_clear_ = false;
    divisor_ = divisor;
    ignored_ = ignored;
  }

  inline static thread_local constinit MeanReport* current = nullptr;
  MeanReport* outer_;
  std::optional<double> divisor_;
  std::int64_t ignored_ = 0;
  bool is_clear_ = true;
};

}  // namespace reel::nn::detail
