#pragma once
// Internal; not installed.
#include <cstdint>
#include <optional>
#include <utility>

namespace reel::nn::detail {

/// Learns, while it lives, what the means of class losses on this thread divided by: fewer than the rows where some are ignored, or the sum
/// of class weights. Who puts means of parts of the data together needs it (Trainer). Losses that say nothing divide by the rows.
class MeanReport {
 public:
  MeanReport() : outer_(std::exchange(current, this)) {}
  ~MeanReport() { current = outer_; }
  MeanReport(const MeanReport&) = delete;
  MeanReport& operator=(const MeanReport&) = delete;

  /// Empty where no loss said it, or several said different numbers.
  std::optional<double> divisor() const { return is_clear_ ? divisor_ : std::nullopt; }
  /// The class that the loss leaves out; empty as divisor() is.
  std::optional<std::int64_t> ignored() const { return is_clear_ && divisor_ ? std::optional(ignored_) : std::nullopt; }

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
