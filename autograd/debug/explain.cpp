#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/debug/analysis.hpp>
#include <reel/autograd/debug/local.hpp>

namespace reel::debug {

namespace {

/// One summand of an element: how much of it comes through `name`.
struct Term {
  std::string text;
  double value;
};

/// The terms, biggest first; what is beyond the first few is summed up.
std::string list(std::vector<Term> terms) {
  constexpr std::size_t shown = 4;
  std::stable_sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) {
    return std::abs(a.value) > std::abs(b.value) || (std::isnan(a.value) && !std::isnan(b.value));
  });
  std::string text;
  double rest = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (i < shown || terms.size() == shown + 1) {
      text += (i == 0 ? "" : ", ") + terms[i].text;
    } else {
      rest += terms[i].value;
    }
  }
  if (terms.size() > shown + 1) text += fmt::format(", and {} smaller ones that make {}", terms.size() - shown, number(rest));
  return text;
}

std::string rule_of(const Entry& entry) { return entry.rule().empty() ? "" : ", rule " + entry.rule(); }

/// What one op gives to one element: dL/dx[p] through it, as Σ dL/dy[q] · ∂y[q]/∂x[p].
struct Share {
  double value;
  std::vector<Term> terms;
  std::string kink = {};  // that the op bends there, for one of the q
};

Share share_of(const Run& run, Reversal& reversal, std::size_t user, std::size_t entry, std::size_t position) {
  const Array dy = reversal.gradient(user).value();
  Share share{reversal.contribution(user, entry).value().as_double(position), {}};
  const Local local(run, user);
  for (std::size_t k = 0; k < local.inputs(); ++k) {
    if (run.input(user, k) != entry) continue;
    const Array slope = local.column(k, position);
    const auto add = [&](std::size_t q) {
      const double g = dy.as_double(q), j = slope.as_double(q);
      if (share.kink.empty()) share.kink = kink_at(run.entry(user), q);
      share.terms.push_back({fmt::format("dL/d{} = {} times d{}/d{} = {}", run.element(user, q), number(g), run.element(user, q),
                                         run.element(entry, position), number(j)),
                             g * j});
    };
    // Zeros and NaN that are only 0·inf beside the element are left out: they are no terms.
    bool clean = true;
    for (std::size_t q = 0; q < slope.size(); ++q) clean = clean && std::isfinite(slope.as_double(q)) && std::isfinite(dy.as_double(q));
    if (clean) {
      if (dy.shape() == run.value(entry).shape()) share.kink = kink_at(run.entry(user), position);  // where the slope is 0 it is no term
      for (std::size_t q = 0; q < slope.size(); ++q)
        if (slope.as_double(q) != 0) add(q);
    } else {
      for (const std::size_t q : local.depending_on(k, position)) add(q);
    }
  }
  return share;
}

std::string through(const Run& run, std::size_t user) {
  const Entry op = run.entry(user);
  const std::string at = place_in_brackets(op);
  return fmt::format("{} #{}{}{}", op.op(), user, at.empty() ? "" : " " + at, rule_of(op));
}

}  // namespace

std::string explain_gradient(const Run& run, Reversal& reversal, std::size_t entry, std::size_t position, std::size_t done) {
  const Tensor gradient = reversal.gradient(entry, done);
  const std::string name = "dL/d" + run.element(entry, position);
  if (!gradient.defined()) {
    if (!run.is_tracked(entry)) return fmt::format("{} has no gradient: it is a constant to the tape.", run.label(entry));
    return fmt::format("{} has no gradient {}.", run.label(entry), done < run.size() ? "yet" : "because no rule passes one to it");
  }
  const double value = gradient.value().as_double(position);
  if (entry + 1 == run.size()) return fmt::format("{} = {}: it is where the backward pass begins.", name, number(value));
  std::vector<std::pair<std::size_t, Share>> shares;
  bool more = false;
  for (const std::uint32_t user : run.users(entry)) {
    if (run.item(user) >= done) {
      more = true;
      continue;
    }
    if (reversal.contribution(user, entry).defined()) shares.emplace_back(user, share_of(run, reversal, user, entry, position));
  }
  const std::string at = fmt::format(", at {} = {}", run.element(entry, position), number(run.value(entry).as_double(position)));
  const std::string so_far = more ? " so far" : "";
  if (shares.empty()) return fmt::format("{} = {}{}.", name, number(value), so_far);
  if (shares.size() == 1) {
    const auto& [user, share] = shares[0];
    const std::string kink = share.kink.empty() ? "" : "; " + share.kink;
    if (share.terms.empty() && !kink.empty())
      return fmt::format("{} = {}{}, from {}{}{}.", name, number(value), so_far, through(run, user), at, kink);
    if (share.terms.empty())
      return fmt::format("{} = {}{}, from {}: nothing that it computes depends on {}.", name, number(value), so_far, through(run, user),
                         run.element(entry, position));
    const std::string head = fmt::format("{} = {}{}, from {}: ", name, number(value), so_far, through(run, user));
    if (share.terms.size() == 1) return head + share.terms[0].text + at + kink + ".";
    return head + fmt::format("the sum of {} terms: {}.", share.terms.size(), list(share.terms));
  }
  std::vector<Term> parts;
  for (const auto& [user, share] : shares) {
    const std::string terms = share.terms.size() == 1 ? " (" + share.terms[0].text + ")"
                              : share.terms.empty()   ? ""
                                                      : fmt::format(" ({} terms: {})", share.terms.size(), list(share.terms));
    const std::string kink = share.kink.empty() ? "" : "; " + share.kink;
    parts.push_back({fmt::format("{} from {}{}{}", number(share.value), through(run, user), terms, kink), share.value});
  }
  return fmt::format("{} = {}{}, the sum of {} parts: {}.", name, number(value), so_far, parts.size(), list(parts));
}

std::string explain_value(const Run& run, std::size_t entry, std::size_t position) {
  const Entry own = run.entry(entry);
  const double value = run.value(entry).as_double(position);
  const std::string name = run.element(entry, position);
  if (own.is_leaf()) return fmt::format("{} = {}: a {}.", name, number(value), own.op());
  const Local local(run, entry);
  const auto label = [&](std::size_t k) {
    const std::size_t from = run.input(entry, k);
    return from == npos ? number(local.input(k).as_double(0)) : run.label(from);
  };
  const auto element = [&](std::size_t k, std::size_t p) {
    const std::size_t from = run.input(entry, k);
    const std::string number_there = number(local.input(k).as_double(p));
    return from == npos ? number_there : run.element(from, p) + " = " + number_there;
  };
  // Each input's elements with a slope, which are the ones that this element is made of. Where they make it up by themselves, as in a sum
  // and for either factor of a matrix product, they are its terms.
  std::vector<Term> terms, used;
  for (std::size_t k = 0; k < local.inputs(); ++k) {
    if (!is_floating(local.input(k).dtype()) || !is_floating(local.output().dtype())) continue;
    if (run.input(entry, k) == npos) {
      used.push_back({label(k), 0});
      continue;
    }
    const Array slope = local.row(k, position);
    std::vector<Term> here;
    double sum = 0;
    for (std::size_t p = 0; p < slope.size(); ++p) {
      const double j = slope.as_double(p), x = local.input(k).as_double(p);
      if (j == 0 || (std::isnan(j) && slope.size() > 1)) continue;
      sum += j * x;
      used.push_back({element(k, p), j * x});
      here.push_back({fmt::format("{} times {}", element(k, p), number(j)), j * x});
    }
    const bool is_sum = here.size() > 1 && std::abs(sum - value) <= 1e-5 * std::abs(value);
    if (is_sum && terms.empty()) terms = std::move(here);
  }
  const std::string head = fmt::format("{} = {}, by {}", name, number(value), through(run, entry));
  if (!terms.empty()) return fmt::format("{}: the sum of {} terms: {}.", head, terms.size(), list(terms));
  if (used.empty()) return head + ".";
  return fmt::format("{}: of {}.", head, list(used));
}

}  // namespace reel::debug
