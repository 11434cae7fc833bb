#include <reel/autograd/debug/condition.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/debug/statistics.hpp>

namespace reel::debug {

Moment::~Moment() = default;
Condition::Test::~Test() = default;

Condition::~Condition() {
  if (test_ && test_->owners.remove()) delete test_;
}

namespace {

double norm_of(const std::vector<Array>& arrays) {
  double norm = 0;
  for (const Array& a : arrays) norm = std::hypot(norm, statistics(a).norm);
  return norm;
}

bool any(const std::vector<Array>& arrays, bool (*bad)(const Statistics& s)) {
  return std::any_of(arrays.begin(), arrays.end(), [&](const Array& a) { return is_floating(a.dtype()) && bad(statistics(a)); });
}

bool has_nan(const Statistics& s) { return s.nans > 0; }
bool has_infinity(const Statistics& s) { return s.infinities > 0; }
bool is_bad(const Statistics& s) { return !s.finite(); }

/// Whether the entry has a gradient and its norm satisfies the condition.
template <class Passes>
bool gradient_passes(const Moment& m, const Passes& passes) {
  if (m.phase() != Phase::backward) return false;
  const std::vector<Array> gradient = m.taken();
  return !gradient.empty() && passes(norm_of(gradient));
}

template <class Passes>
bool ratio_passes(const Moment& m, const Passes& passes) {
  const std::vector<Array> made = m.made(), taken = m.taken();
  if (made.empty() || taken.empty()) return false;
  const double before = norm_of(taken);
  return before > 0 && passes(norm_of(made) / before);
}

bool is_same_file(std::string_view recorded, std::string_view asked) {
  if (!recorded.ends_with(asked)) return false;
  return recorded.size() == asked.size() || recorded[recorded.size() - asked.size() - 1] == '/';
}

/// The text, with parentheses if it is a combination itself.
std::string part(const Condition& c) {
  const std::string text = c.text();
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = std::string_view(text).substr(i);
    depth += (rest[0] == '(') - (rest[0] == ')');
    if (depth == 0 && (rest.starts_with(" && ") || rest.starts_with(" || "))) return "(" + text + ")";
  }
  return text;
}

}  // namespace

Condition operator&&(const Condition& a, const Condition& b) {
  return when([a, b](const Moment& m) { return a(m) && b(m); }, part(a) + " && " + part(b));
}
Condition operator||(const Condition& a, const Condition& b) {
  return when([a, b](const Moment& m) { return a(m) || b(m); }, part(a) + " || " + part(b));
}
Condition operator!(const Condition& a) {
  return when([a](const Moment& m) { return !a(m); }, "!" + part(a));
}

Condition named(const std::string& name) {
  return when([name](const Moment& m) { return m.entry().name() == name; }, fmt::format("named(\"{}\")", name));
}

Condition op(const std::string& op) {
  return when([op](const Moment& m) { return m.entry().op() == op; }, fmt::format("op(\"{}\")", op));
}

Condition module(const std::string& path) {
  const auto is_inside = [path](const Moment& m) {
    const std::string own = m.entry().module();
    return own == path || (own.starts_with(path) && own[path.size()] == '.');
  };
  return when(is_inside, fmt::format("module(\"{}\")", path));
}

Condition at_line(const std::string& file, int line) {
  const auto is_there = [file, line](const Moment& m) {
    const SourceLocation at = m.entry().location();
    return at.line == line && is_same_file(at.file, file);
  };
  return when(is_there, fmt::format("at_line(\"{}\", {})", file, line));
}

Condition nan_born() {
  return when([](const Moment& m) { return any(m.made(), has_nan) && !any(m.seen(), has_nan); }, "nan_born()");
}

Condition infinity_born() {
  return when([](const Moment& m) { return any(m.made(), has_infinity) && !any(m.seen(), is_bad); }, "infinity_born()");
}

Condition nonfinite() {
  return when([](const Moment& m) { return any(m.made(), is_bad) || (m.phase() == Phase::backward && any(m.taken(), is_bad)); },
              "nonfinite()");
}

Condition gradient_norm_above(double norm) {
  return when([norm](const Moment& m) { return gradient_passes(m, [norm](double n) { return n > norm; }); },
              fmt::format("gradient_norm_above({:g})", norm));
}
Condition gradient_norm_below(double norm) {
  return when([norm](const Moment& m) { return gradient_passes(m, [norm](double n) { return n < norm; }); },
              fmt::format("gradient_norm_below({:g})", norm));
}
Condition norm_ratio_above(double ratio) {
  return when([ratio](const Moment& m) { return ratio_passes(m, [ratio](double r) { return r > ratio; }); },
              fmt::format("norm_ratio_above({:g})", ratio));
}
Condition norm_ratio_below(double ratio) {
  return when([ratio](const Moment& m) { return ratio_passes(m, [ratio](double r) { return r < ratio; }); },
              fmt::format("norm_ratio_below({:g})", ratio));
}

Condition shape(const Ints& lengths) {
  const auto fits = [lengths](const Moment& m) {
    const Shape& own = m.entry().value().shape();
    if (own.rank() != lengths.size()) return false;
    for (std::size_t i = 0; i < own.rank(); ++i)
      if (lengths[i] >= 0 && static_cast<std::size_t>(lengths[i]) != own[i]) return false;
    return true;
  };
  return when(fits, "shape(" + reel::to_string(lengths) + ")");
}

Condition end_of_forward() {
  return when([](const Moment& m) { return m.ends_forward(); }, "end_of_forward()");
}

}  // namespace reel::debug
