// Alerts about NaN and infinities: where they were born.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/gradient_summary.hpp>

namespace reel::debug {

namespace {

constexpr std::size_t most_births = 16;

/// The ops with an input that is not finite and a value that is.
std::string masks_of(const Run& run, std::size_t entry) {
  std::string text;
  std::vector<std::size_t> bad{entry};
  std::vector<bool> seen(run.size(), false);
  for (std::size_t next = 0; next < bad.size() && bad.size() < 1000; ++next) {
    for (const std::uint32_t user : run.users(bad[next])) {
      if (seen[user] || !is_floating(run.value(user).dtype())) continue;
      seen[user] = true;
      if (first_nonfinite(run.value(user))) {
        bad.push_back(user);
      } else {
        text += (text.empty() ? "" : ", ") + run.title(user);
      }
    }
  }
  return text;
}

std::size_t count_nonfinite(const Array& value) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < value.size(); ++i) n += !std::isfinite(value.as_double(i));
  return n;
}

/// An element that the op itself made infinite or NaN; npos if all of them came from its inputs.
std::size_t birth_in(const Run& run, std::size_t entry) {
  const Array& value = run.value(entry);
  std::size_t looked_at = 0;
  for (std::size_t i = 0; i < value.size() && looked_at < 8; ++i) {
    if (std::isfinite(value.as_double(i))) continue;
    if (is_born_at(run, entry, i)) return i;
    ++looked_at;
  }
  return npos;
}

}  // namespace

namespace {

/// The finding for an op that made an infinity or a NaN, or for a leaf that contains one.
std::optional<Finding> forward_birth(const Run& run, std::size_t i, bool shows) {
  const Array& value = run.value(i);
  const auto first = first_nonfinite(value);
  if (!first) return std::nullopt;
  const std::size_t position = run.is_op(i) ? birth_in(run, i) : *first;
  if (position == npos) return std::nullopt;
  const bool is_nan = std::isnan(value.as_double(position));
  // An infinity in a constant is often meant, as in a mask that is added to logits.
  if (!run.is_op(i) && !shows && !is_nan) return std::nullopt;
  std::string text = whence_of_value(run, i, position).born_link().text;
  if (const std::size_t n = count_nonfinite(value); n > 1) text += fmt::format(" ({} of {} elements)", n, value.size());
  if (!run.is_op(i)) text += first_use(run, i);
  if (!shows) text += "; the result does not show it, since it is left out by " + masks_of(run, i);
  const Problem problem = !shows ? Problem::masked : is_nan ? Problem::nan_born : Problem::infinity_born;
  return finding_of(run, problem, i, Phase::forward, index_of(value.shape(), position), text);
}

}  // namespace

void find_forward_births(const Run& run, Findings& findings) {
  const bool shows = first_nonfinite(run.value(run.size() - 1)).has_value();
  std::optional<Finding> infinite_leaf;
  for (std::size_t i = 0; i < run.size() && findings.size() < most_births; ++i) {
    std::optional<Finding> found = forward_birth(run, i, shows);
    if (!found) continue;
    if (run.is_op(i) || found->problem() == Problem::nan_born) {
      findings.push_back(*std::move(found));
    } else if (!infinite_leaf) {
      infinite_leaf = std::move(found);
    }
  }
  if (findings.empty() && infinite_leaf) findings.push_back(*std::move(infinite_leaf));
}

void find_backward_births(const Run& run, BackwardReplay& reversal, Findings& findings) {
  const auto is_known = [&](std::size_t number) {
    return std::any_of(findings.begin(), findings.end(), [&](const Finding& f) { return f.number() == number; });
  };
  std::size_t traced = 0;
  for (std::size_t user = run.size(); user-- > 0 && traced < most_births;) {
    const std::vector<Tensor> given = reversal.contributions(user);
    if (given.empty() || first_nonfinite(reversal.gradient(user).value())) continue;
    for (std::size_t k = 0; k < given.size(); ++k) {
      if (!given[k].defined()) continue;
      const auto position = first_nonfinite(given[k].value());
      if (!position) continue;
      ++traced;
      const Origin origin = whence_of(run, reversal, run.input(user, k), *position);
      const Link& born = origin.born_link();
      if (is_known(born.number)) continue;
      const bool is_nan = std::isnan(given[k].value().as_double(*position));
      std::string text = born.text;
      for (const Link& link : origin.links())
        if (link.role == Role::masks) text += "; " + run.title(link.number) + ": " + link.text;
      findings.push_back(finding_of(run, is_nan ? Problem::nan_born : Problem::infinity_born, born.number, born.phase, born.index, text));
    }
  }
}

}  // namespace reel::debug
