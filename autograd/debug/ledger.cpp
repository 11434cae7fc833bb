#include <reel/autograd/debug/ledger.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/analysis.hpp>
#include <reel/autograd/debug/statistics.hpp>
#include <reel/core/format.hpp>

namespace reel::debug {

namespace {

double magnitude(const Array& array) {
  double sum = 0;
  for (std::size_t i = 0; i < array.size(); ++i) sum += std::abs(array.as_double(i));
  return sum;
}

/// The numbers, if they are few; else their statistics.
std::string short_text(const Array& array) {
  if (array.size() == 1) return number(array.as_double(0));
  if (array.size() <= 6) return reel::to_string(array.reshape({-1}));
  return fmt::format("norm {:.4g}", statistics(array).norm);
}

}  // namespace

Ledger::Ledger(std::string title, std::vector<Contribution> parts, Tensor total)
    : title_(std::move(title)), parts_(std::move(parts)), total_(std::move(total)) {
  double sum = 0;
  for (const Contribution& part : parts_) sum += magnitude(part.gradient.value());
  for (Contribution& part : parts_) part.share = sum == 0 ? 0 : magnitude(part.gradient.value()) / sum;
  if (sum > 0 && parts_.size() > 1) cancellation_ = 1 - magnitude(total_.value()) / sum;
}

std::string Ledger::to_string() const {
  std::string text = fmt::format("the gradient of {} is {}", title_, short_text(total_.value()));
  if (parts_.empty()) return text + "\n";
  text += parts_.size() == 1 ? ", from\n" : fmt::format(", the sum of {} parts:\n", parts_.size());
  std::vector<const Contribution*> order;
  for (const Contribution& part : parts_) order.push_back(&part);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->share > b->share; });
  for (const Contribution* part : order)
    text += fmt::format("  {:>5.1f} %  {} #{} {}: {}\n", 100 * part->share, part->entry.op(), part->number, place_in_brackets(part->entry),
                        short_text(part->gradient.value()));
  if (cancellation_ > 0.5) text += fmt::format("  {:.4g} % of them cancel\n", 100 * cancellation_);
  return text;
}

Ledger ledger_of(const Run& run, BackwardReplay& reversal, std::size_t entry, std::size_t done) {
  std::vector<Contribution> parts;
  for (const std::uint32_t user : run.users(entry)) {
    if (run.item(user) >= done) continue;
    Tensor part = reversal.contribution(user, entry);
    if (part.defined()) parts.push_back({run.entry(user), user, std::move(part), 0});
  }
  Tensor total = reversal.gradient(entry, done);
  if (!total.defined()) {
    const char* const why = !run.is_tracked(entry) ? "it is a constant to the tape"
                            : done < run.size()    ? "nothing has arrived yet"
                                                   : "no rule passes one to it";
    throw GradientError(fmt::format("{} has no gradient: {}", run.title(entry), why));
  }
  return {run.label(entry), std::move(parts), std::move(total)};
}

}  // namespace reel::debug
