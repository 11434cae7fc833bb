#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/analysis.hpp>
#include <reel/autograd/debug/detail/structure.hpp>

namespace reel::debug {

namespace {

/// One summand of an element: the amount that comes through `name`.
struct Term {
  std::string text;
  double value;
};

/// The terms, largest first; those after the first few are summed up.
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

/// The contribution of one op to one element: dL/dx[p] through it, as Σ dL/dy[q] · ∂y[q]/∂x[p].
struct Share {
  double value;
  std::vector<Term> terms;
  std::string kink = {};  // text of the op's kink there, for one of the q
};

Share share_of(const Run& run, BackwardReplay& reversal, std::size_t user, std::size_t entry, std::size_t position) {
  const Array dy = reversal.gradient(user).value();
  Share share{reversal.contribution(user, entry).value().as_double(position), {}};
  const OpJacobian local(run, user);
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
    // Zeros, and NaN that are only 0·inf, are left out: they are no terms.
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

std::string explain_gradient(const Run& run, BackwardReplay& reversal, std::size_t entry, std::size_t position, std::size_t done) {
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

namespace {

/// Words for the values of one entry.
class ValueText {
 public:
  ValueText(const Run& run, std::size_t entry, const Structure& structure) : run_(run), entry_(entry), local_(structure.local()) {}

  /// "x[1]", or a constant's number.
  std::string name(std::size_t k, std::size_t p) const {
    const std::size_t from = run_.input(entry_, k);
    return from == npos ? number(local_.input(k).as_double(p)) : run_.element(from, p);
  }
  /// "x[1] = 2"
  std::string name_and_value(std::size_t k, std::size_t p) const {
    return run_.input(entry_, k) == npos ? name(k, p) : name(k, p) + " = " + number(local_.input(k).as_double(p));
  }
  /// "x[1]·w[0] 6", "0.5·x[1] 1"
  std::string summand(const Summand& s) const {
    if (s.input == npos) return number(s.value);
    const bool is_product = s.partner_input != npos;
    std::string text = s.factor == 1 ? "" : s.factor == -1 ? "-" : number(s.factor) + "·";
    text += name(s.input, s.position);
    if (is_product) text += "·" + name(s.partner_input, s.partner_position);
    return text == number(s.value) ? text : text + " " + number(s.value);
  }

 private:
  const Run& run_;
  std::size_t entry_;
  const OpJacobian& local_;
};

/// "x[1]·w[0] 6 + x[0]·w[0] 2 + 5 smaller products 1.5". A term that is no product, such as a bias, comes first.
std::string sum_text(const ValueText& words, const Structure& structure, std::size_t position, std::vector<Summand> summands) {
  constexpr std::size_t shown = 4, shown_alone = 2;
  std::stable_sort(summands.begin(), summands.end(), [](const Summand& a, const Summand& b) {
    return std::abs(a.value) > std::abs(b.value) || (std::isnan(a.value) && !std::isnan(b.value));
  });
  // Each input's terms tell whether the rest are products.
  std::map<std::size_t, std::size_t> seen;
  std::vector<Summand*> looked_at;
  for (Summand& s : summands)
    if (seen[s.input]++ <= shown) looked_at.push_back(&s);
  structure.find_partners(position, looked_at);
  const auto is_product = [&](const Summand& s) { return s.partner_input != npos; };
  std::set<std::size_t> with_products;
  for (const Summand& s : summands)
    if (is_product(s)) with_products.insert(s.input);
  const auto alone = [&](const Summand& s) { return !with_products.contains(s.input); };
  const auto count_alone = static_cast<std::size_t>(std::count_if(summands.begin(), summands.end(), alone));
  if (count_alone <= shown_alone && !with_products.empty()) std::stable_partition(summands.begin(), summands.end(), alone);
  const std::size_t first = count_alone <= shown_alone && !with_products.empty() ? count_alone + shown : shown;
  const std::size_t n = summands.size() <= first + 1 ? summands.size() : first;
  std::string text;
  for (std::size_t i = 0; i < n; ++i) text += (i == 0 ? "" : " + ") + words.summand(summands[i]);
  double rest = 0;
  bool products = true;
  for (std::size_t i = n; i < summands.size(); ++i) {
    rest += summands[i].value;
    products = products && !alone(summands[i]);
  }
  if (n < summands.size()) text += fmt::format(" + {} smaller {} {}", summands.size() - n, products ? "products" : "terms", number(rest));
  return text;
}

/// The inputs of an element that is no sum, the steepest first: "x[1] = 2 (slope 0.4), x[0] = 1 (slope -0.1), and 3 with smaller slopes".
std::string dependence_text(const Run& run, std::size_t entry, const ValueText& words, const OpJacobian& local, std::size_t position) {
  constexpr std::size_t shown = 4;
  std::vector<std::pair<double, std::string>> used;
  std::string constants;
  for (std::size_t k = 0; k < local.inputs(); ++k) {
    if (!is_floating(local.input(k).dtype()) || !is_floating(local.output().dtype())) continue;
    if (run.input(entry, k) == npos) {
      constants += ", " + words.name(k, 0);
      continue;
    }
    const Array slope = local.row(k, position);
    for (std::size_t p = 0; p < slope.size(); ++p) {
      const double j = slope.as_double(p);
      if (j == 0 || (std::isnan(j) && slope.size() > 1)) continue;
      used.emplace_back(j, words.name_and_value(k, p));
    }
  }
  std::stable_sort(used.begin(), used.end(), [](const auto& a, const auto& b) { return std::abs(a.first) > std::abs(b.first); });
  const std::size_t n = used.size() <= shown + 1 ? used.size() : shown;
  std::string text;
  for (std::size_t i = 0; i < n; ++i)
    text += (i == 0 ? "" : ", ") + used[i].second + (used.size() > 1 ? fmt::format(" (slope {})", number(used[i].first)) : "");
  if (n < used.size()) text += fmt::format(", and {} with smaller slopes", used.size() - n);
  text += constants;
  return text.starts_with(", ") ? text.substr(2) : text;
}

}  // namespace

std::string explain_value(const Run& run, std::size_t entry, std::size_t position) {
  if (run.is_op(entry)) return explain_value(run, entry, position, Structure(run, entry));
  return fmt::format("{} = {}: a {}.", run.element(entry, position), number(run.value(entry).as_double(position)), run.entry(entry).op());
}

std::string explain_value(const Run& run, std::size_t entry, std::size_t position, const Structure& structure) {
  const std::string name = run.element(entry, position);
  const std::string head = fmt::format("{} = {}, by {}", name, number(run.value(entry).as_double(position)), through(run, entry));
  const ValueText words(run, entry, structure);
  if (auto summands = structure.summands(position); summands && !summands->empty())
    return fmt::format("{}: {} = {}.", head, name, sum_text(words, structure, position, *std::move(summands)));
  const std::string used = dependence_text(run, entry, words, structure.local(), position);
  return used.empty() ? head + "." : fmt::format("{}: of {}.", head, used);
}

}  // namespace reel::debug
