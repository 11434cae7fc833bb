#include <reel/autograd/debug/whence.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/debug/analysis.hpp>
#include <reel/autograd/debug/local.hpp>

namespace reel::debug {

std::optional<std::size_t> first_nonfinite(const Array& array) {
  std::optional<std::size_t> found;
  if (!is_floating(array.dtype())) return found;
  visit(array.dtype(), [&](auto t) {
    if constexpr (std::is_floating_point_v<decltype(t)>) {
      const auto elements = array.span<decltype(t)>();
      for (std::size_t i = 0; i < elements.size() && !found; ++i)
        if (!std::isfinite(elements[i])) found = i;
    }
  });
  return found;
}

const Link& Origin::born_link() const {
  const auto it = std::find_if(links_.rbegin(), links_.rend(), [](const Link& l) { return l.role == Role::born; });
  return it == links_.rend() ? links_.back() : *it;
}

namespace {

std::vector<std::size_t> nonfinite_positions(const Array& array) {
  std::vector<std::size_t> found;
  if (!is_floating(array.dtype())) return found;
  for (std::size_t i = 0; i < array.size(); ++i)
    if (!std::isfinite(array.as_double(i))) found.push_back(i);
  return found;
}

constexpr double stand_ins[] = {0.5, 1.5, -0.5};

/// Whether the op's element is finite (a number) when those inputs that are not finite (no numbers) are some number, but for these of
/// input k.
bool is_good_without(const Local& local, std::size_t position, Nonfinite which, std::size_t kept_input = npos,
                     const std::vector<std::size_t>& kept = {}) {
  for (const double value : stand_ins) {
    std::vector<Array> inputs;
    for (std::size_t k = 0; k < local.inputs(); ++k)
      inputs.push_back(without_nonfinite(local.input(k), value, which, k == kept_input ? kept : std::vector<std::size_t>()));
    const Array y = local.with(inputs);
    if (position >= y.size()) continue;
    if (which == Nonfinite::nan ? !std::isnan(y.as_double(position)) : std::isfinite(y.as_double(position))) return true;
  }
  return false;
}

bool is_finite_without(const Local& local, std::size_t position, std::size_t kept_input = npos, const std::vector<std::size_t>& kept = {}) {
  return is_good_without(local, position, Nonfinite::any, kept_input, kept);
}

struct Place {
  std::size_t input, position;
};

/// An element of an input that alone makes the op's element not finite.
std::optional<Place> source_of(const Local& local, std::size_t position) {
  for (std::size_t k = 0; k < local.inputs(); ++k) {
    std::vector<std::size_t> suspects = nonfinite_positions(local.input(k));
    if (suspects.empty()) continue;
    // The element beside it is the one, for an op that works element by element.
    if (local.input(k).shape() == local.output().shape() && std::binary_search(suspects.begin(), suspects.end(), position) &&
        !is_finite_without(local, position, k, {position}))
      return Place{k, position};
    if (is_finite_without(local, position, k, suspects)) continue;
    while (suspects.size() > 1) {
      const auto middle = suspects.begin() + static_cast<std::ptrdiff_t>(suspects.size() / 2);
      std::vector<std::size_t> half(suspects.begin(), middle);
      suspects = is_finite_without(local, position, k, half) ? std::vector<std::size_t>(middle, suspects.end()) : std::move(half);
    }
    return Place{k, suspects[0]};
  }
  return std::nullopt;
}

bool takes_nonfinite(const Local& local) {
  for (std::size_t k = 0; k < local.inputs(); ++k)
    if (first_nonfinite(local.input(k))) return true;
  return false;
}

/// "log(y[1]), y[1] = -2" as far as the elements beside it are known.
std::string operands_text(const Run& run, std::size_t entry, std::size_t position) {
  const Local local(run, entry);
  std::string text;
  for (std::size_t k = 0; k < local.inputs() && k < 4; ++k) {
    const Array& x = local.input(k);
    const std::size_t from = run.input(entry, k);
    std::string one;
    if (x.size() == 1) {
      one = from == npos ? number(x.as_double(0)) : run.element(from, 0) + " = " + number(x.as_double(0));
    } else if (x.shape() == local.output().shape()) {
      one = run.element(from, position) + " = " + number(x.as_double(position));
    } else {
      continue;
    }
    text += (text.empty() ? "" : ", ") + one;
  }
  return text.empty() ? "" : " of " + text;
}

class Trace {
 public:
  explicit Trace(const Run& run) : run_(run) {}

  void add(std::size_t entry, Phase phase, Role role, std::size_t position, double value, std::string text) {
    links_.push_back({run_.entry(entry), entry, phase, role, index_of(run_.value(entry).shape(), position), value, std::move(text)});
  }

  /// Back from a value that is not finite to the op that made it.
  void follow_value(std::size_t entry, std::size_t position) {
    while (true) {
      const double value = run_.value(entry).as_double(position);
      const std::string name = run_.element(entry, position);
      if (!run_.is_op(entry))
        return add(entry, Phase::forward, Role::born, position, value,
                   fmt::format("{} = {} came in: it is a {}", name, number(value), run_.entry(entry).op()));
      const Local local(run_, entry);
      const std::optional<Source> from = source(local, entry, position);
      if (from && !(std::isnan(value) && !is_nan(*from) && !comes_from_op(*from))) {
        add(entry, Phase::forward, Role::spreads, position, value,
            fmt::format("{} = {} from {}", name, number(value), run_.element(from->entry, from->position)));
        entry = from->entry;
        position = from->position;
        continue;
      }
      const std::string domain = domain_of(run_.entry(entry).op());
      return add(
          entry, Phase::forward, Role::born, position, value,
          fmt::format("{} = {}{}{}", name, number(value), operands_text(run_, entry, position), domain.empty() ? "" : "; " + domain));
    }
  }

  std::vector<Link>& links() { return links_; }

  Origin finish(const std::string& asked) && {
    const auto is_born = [](const Link& l) { return l.role == Role::born; };
    if (std::none_of(links_.begin(), links_.end(), is_born) && !links_.empty()) links_.back().role = Role::born;
    const auto born = std::find_if(links_.rbegin(), links_.rend(), is_born);
    std::string message = fmt::format("{}: born in {}of {}: {}\n", asked, born->phase == Phase::backward ? "the rule " : "the value ",
                                      run_.title(born->number), born->text);
    std::size_t lines = 0;
    for (const Link& link : links_) {
      if (++lines > 30) {
        message += fmt::format("  ... {} steps more\n", links_.size() - 30);
        break;
      }
      const char* const role = link.role == Role::born ? "born" : link.role == Role::masks ? "masks" : "spreads";
      message += fmt::format("  {:<8} {} {}: {}\n", role, link.phase == Phase::forward ? "F" : "B", run_.title(link.number), link.text);
    }
    return {std::move(links_), std::move(message)};
  }

 private:
  struct Source {
    std::size_t entry, position;
  };

  /// The element that an op's element, which is not finite, comes from; none where the op made it.
  std::optional<Source> source(const Local& local, std::size_t entry, std::size_t position) const {
    if (!takes_nonfinite(local) || !is_finite_without(local, position)) return std::nullopt;
    const std::optional<Place> from = source_of(local, position);
    if (!from || run_.input(entry, from->input) == npos) return std::nullopt;
    return Source{run_.input(entry, from->input), from->position};
  }
  bool is_nan(const Source& at) const { return std::isnan(run_.value(at.entry).as_double(at.position)); }
  /// Whether an infinity was made by an op; one that came in with a leaf is often meant, and then inf - inf is the mistake.
  bool comes_from_op(const Source& at) const {
    Trace trace(run_);
    trace.follow_value(at.entry, at.position);
    return run_.is_op(trace.links_.back().number);
  }

  const Run& run_;
  std::vector<Link> links_;
};

/// What is looked for in a gradient's element.
enum class Kind { nonfinite, zero, number };

/// The op that an element's gradient comes through, and the element of its value.
struct Step {
  std::size_t user;
  double part;
};

std::vector<Step> parts_of(const Run& run, Reversal& reversal, std::size_t entry, std::size_t position) {
  std::vector<Step> parts;
  for (const std::uint32_t user : run.users(entry)) {
    const Tensor part = reversal.contribution(user, entry);
    if (part.defined()) parts.push_back({user, part.value().as_double(position)});
  }
  return parts;
}

/// The elements of an op's value that depend on an element of one of its inputs.
std::vector<std::size_t> depending(const Run& run, const Local& local, std::size_t user, std::size_t entry, std::size_t position) {
  std::vector<std::size_t> result;
  for (std::size_t k = 0; k < local.inputs(); ++k) {
    if (run.input(user, k) != entry) continue;
    const std::vector<std::size_t> more = local.depending_on(k, position);
    result.insert(result.end(), more.begin(), more.end());
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

class GradientTrace {
 public:
  GradientTrace(const Run& run, Reversal& reversal) : run_(run), reversal_(reversal), trace_(run) {}

  Origin follow(std::size_t entry, std::size_t position) && {
    const double start = at(entry, position);
    const std::string asked = fmt::format("dL/d{} = {}", run_.element(entry, position), number(start));
    kind_ = !std::isfinite(start) ? Kind::nonfinite : start == 0 ? Kind::zero : Kind::number;
    while (step(entry, position)) {}
    if (kind_ == Kind::number) mark_largest();
    return std::move(trace_).finish(asked);
  }

 private:
  double at(std::size_t entry, std::size_t position) {
    const Tensor gradient = reversal_.gradient(entry);
    return gradient.defined() ? gradient.value().as_double(position) : 0;
  }

  /// One op further towards the loss; false when the element was born there.
  bool step(std::size_t& entry, std::size_t& position) {
    const std::vector<Step> parts = parts_of(run_, reversal_, entry, position);
    if (parts.empty()) {
      const char* const why = entry + 1 == run_.size() ? "it is the seed of the backward pass" : "no rule passes a gradient to it";
      trace_.add(entry, Phase::backward, Role::born, position, at(entry, position), why);
      return false;
    }
    const Step* const part = choose(parts);
    if (!part) return born_in_sum(entry, position, parts);
    switch (kind_) {
      case Kind::nonfinite: return step_nonfinite(entry, position, *part);
      case Kind::zero: return step_zero(entry, position, *part);
      case Kind::number: break;
    }
    return step_number(entry, position, *part);
  }

  /// The part to follow; null where no single one is like the sum.
  const Step* choose(const std::vector<Step>& parts) const {
    const Step* found = nullptr;
    for (const Step& p : parts) {
      switch (kind_) {
        case Kind::nonfinite:
          if (!std::isfinite(p.part) && (!found || (std::isnan(p.part) && !std::isnan(found->part)))) found = &p;
          break;
        case Kind::zero:
          if (p.part != 0) return nullptr;
          if (!found) found = &p;
          break;
        case Kind::number:
          if (!found || std::abs(p.part) > std::abs(found->part)) found = &p;
      }
    }
    return found;
  }

  bool born_in_sum(std::size_t entry, std::size_t position, const std::vector<Step>& parts) {
    std::string sum;
    for (const Step& p : parts) sum += (sum.empty() ? "" : " + ") + number(p.part);
    trace_.add(entry, Phase::backward, Role::born, position, at(entry, position),
               fmt::format("the parts of its gradient make {}: {}", number(at(entry, position)), sum));
    return false;
  }

  bool step_nonfinite(std::size_t& entry, std::size_t& position, const Step& part) {
    const Local local(run_, part.user);
    const Array dy = reversal_.gradient(part.user).value();
    const std::vector<std::size_t> outputs = depending(run_, local, part.user, entry, position);
    const auto bad = std::find_if(outputs.begin(), outputs.end(), [&](std::size_t q) { return !std::isfinite(dy.as_double(q)); });
    const std::string name = "dL/d" + run_.element(entry, position);
    if (bad != outputs.end()) {
      trace_.add(
          part.user, Phase::backward, Role::spreads, *bad, part.part,
          fmt::format("{} = {} from dL/d{} = {}", name, number(part.part), run_.element(part.user, *bad), number(dy.as_double(*bad))));
      entry = part.user;
      position = *bad;
      return true;
    }
    // All that arrives is finite. If a number of the forward pass is not, that one is to blame.
    const auto worst =
        std::find_if(outputs.begin(), outputs.end(), [&](std::size_t q) { return !std::isfinite(local.output().as_double(q)); });
    if (worst != outputs.end() || !std::isfinite(run_.value(entry).as_double(position))) {
      const bool own = worst == outputs.end();
      const std::size_t from = own ? entry : part.user, element = own ? position : *worst;
      trace_.add(part.user, Phase::backward, Role::spreads, outputs.empty() ? 0 : outputs[0], part.part,
                 fmt::format("{} = {} because {} = {} in the forward pass", name, number(part.part), run_.element(from, element),
                             number(run_.value(from).as_double(element))));
      trace_.follow_value(from, element);
      return false;
    }
    trace_.add(part.user, Phase::backward, Role::born, outputs.empty() ? 0 : outputs[0], part.part,
               born_text(local, part, entry, position, outputs, dy));
    if (std::isnan(part.part)) mark_masks(part.user, outputs, dy);
    return false;
  }

  std::string born_text(const Local& local, const Step& part, std::size_t entry, std::size_t position,
                        const std::vector<std::size_t>& outputs, const Array& dy) {
    std::string text = fmt::format("dL/d{} = {}, though what arrives is finite", run_.element(entry, position), number(part.part));
    if (outputs.empty()) return text;
    const std::size_t q = outputs[0];
    double slope = 0;
    for (std::size_t k = 0; k < local.inputs(); ++k)
      if (run_.input(part.user, k) == entry) slope = local.column(k, position).as_double(q);
    text = fmt::format("dL/d{} = {}: {} = {} has the slope {} at {} = {}, and dL/d{} = {} arrives", run_.element(entry, position),
                       number(part.part), run_.element(part.user, q), number(local.output().as_double(q)), number(slope),
                       run_.element(entry, position), number(run_.value(entry).as_double(position)), run_.element(part.user, q),
                       number(dy.as_double(q)));
    if (!std::isfinite(slope) && dy.as_double(q) == 0) text += ": 0 times infinity";
    const std::string rule = run_.entry(part.user).rule();
    return rule.empty() ? text : text + " (rule " + rule + ")";
  }

  /// The ops that hide an element from the loss: they pass 0 to it.
  void mark_masks(std::size_t entry, const std::vector<std::size_t>& outputs, const Array& dy) {
    if (outputs.empty() || dy.as_double(outputs[0]) != 0) return;
    for (const Step& p : parts_of(run_, reversal_, entry, outputs[0]))
      if (p.part == 0)
        trace_.add(p.user, Phase::backward, Role::masks, 0, 0,
                   fmt::format("it leaves {} out and passes 0 to it, which does not help: 0 times infinity is NaN; mask the input instead",
                               run_.element(entry, outputs[0])));
  }

  bool step_zero(std::size_t& entry, std::size_t& position, const Step& part) {
    const Local local(run_, part.user);
    const Array dy = reversal_.gradient(part.user).value();
    const std::vector<std::size_t> outputs = depending(run_, local, part.user, entry, position);
    const bool blocked = std::any_of(outputs.begin(), outputs.end(), [&](std::size_t q) { return dy.as_double(q) != 0; });
    const std::string name = "dL/d" + run_.element(entry, position);
    if (blocked || outputs.empty()) {
      const std::string why = outputs.empty() ? "nothing that it computes depends on " + run_.element(entry, position)
                                              : fmt::format("the slope at {} = {} is 0", run_.element(entry, position),
                                                            number(run_.value(entry).as_double(position)));
      trace_.add(part.user, Phase::backward, Role::born, outputs.empty() ? 0 : outputs[0], 0, name + " = 0: " + why);
      return false;
    }
    trace_.add(part.user, Phase::backward, Role::spreads, outputs[0], 0,
               fmt::format("{} = 0 from dL/d{} = 0", name, run_.element(part.user, outputs[0])));
    entry = part.user;
    position = outputs[0];
    return true;
  }

  bool step_number(std::size_t& entry, std::size_t& position, const Step& part) {
    const Local local(run_, part.user);
    const Array dy = reversal_.gradient(part.user).value();
    std::size_t largest = 0;
    double most = -1;
    for (std::size_t k = 0; k < local.inputs(); ++k) {
      if (run_.input(part.user, k) != entry) continue;
      const Array slope = local.column(k, position);
      for (std::size_t q = 0; q < slope.size(); ++q) {
        const double term = std::abs(slope.as_double(q) * dy.as_double(q));
        if (term > most) {
          most = term;
          largest = q;
        }
      }
    }
    trace_.add(part.user, Phase::backward, Role::spreads, largest, part.part,
               fmt::format("dL/d{} = {}, mostly from dL/d{} = {}", run_.element(entry, position), number(part.part),
                           run_.element(part.user, largest), number(dy.as_double(largest))));
    growth_.push_back(std::abs(part.part) / std::max(std::abs(dy.as_double(largest)), 1e-300));
    entry = part.user;
    position = largest;
    return part.user + 1 != run_.size();
  }

  /// A number is born where it grew most.
  void mark_largest() {
    if (growth_.empty()) return;
    const auto at = std::max_element(growth_.begin(), growth_.end()) - growth_.begin();
    Link& link = trace_.links()[static_cast<std::size_t>(at)];
    link.role = Role::born;
    link.text += fmt::format(", {} times", number(growth_[static_cast<std::size_t>(at)]));
  }

  const Run& run_;
  Reversal& reversal_;
  Trace trace_;
  Kind kind_ = Kind::number;
  std::vector<double> growth_;
};

}  // namespace

Origin whence_of(const Run& run, Reversal& reversal, std::size_t entry, std::size_t position) {
  return GradientTrace(run, reversal).follow(entry, position);
}

Origin whence_of_value(const Run& run, std::size_t entry, std::size_t position) {
  Trace trace(run);
  trace.follow_value(entry, position);
  return std::move(trace).finish(fmt::format("{} = {}", run.element(entry, position), number(run.value(entry).as_double(position))));
}

bool is_born_at(const Run& run, std::size_t entry, std::size_t position) {
  if (!run.is_op(entry)) return true;
  const Local local(run, entry);
  if (!takes_nonfinite(local)) return true;
  // inf - inf makes a NaN of what is none, wherever the infinities are from.
  const bool is_nan = std::isnan(run.value(entry).as_double(position));
  return !is_good_without(local, position, is_nan ? Nonfinite::nan : Nonfinite::any);
}

std::string domain_of(const std::string& op) {
  static constexpr std::pair<const char*, const char*> known[] = {
      {"log", "log needs x > 0"},
      {"log2", "log2 needs x > 0"},
      {"log10", "log10 needs x > 0"},
      {"log1p", "log1p needs x > -1"},
      {"sqrt", "sqrt needs x >= 0"},
      {"rsqrt", "rsqrt needs x > 0"},
      {"div", "it divides by zero or too small a number, or inf by inf"},
      {"reciprocal", "it divides by zero"},
      {"asin", "asin needs |x| <= 1"},
      {"acos", "acos needs |x| <= 1"},
      {"acosh", "acosh needs x >= 1"},
      {"atanh", "atanh needs |x| < 1"},
      {"exp", "exp(x) overflows above 88.7 in float32 and 709.8 in float64"},
      {"pow", "a negative base needs a whole exponent, and zero one that is not negative"},
      {"sub", "inf - inf is NaN"},
      {"mul", "0 times inf is NaN"},
  };
  for (const auto& [name, text] : known)
    if (op == name) return text;
  return {};
}

}  // namespace reel::debug
