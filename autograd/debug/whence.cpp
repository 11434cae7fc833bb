#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/analysis.hpp>
#include <reel/autograd/debug/detail/op_jacobian.hpp>
#include <reel/autograd/debug/detail/trace.hpp>

namespace reel::debug {

namespace {

/// The kind of element that is traced.
enum class Kind { nonfinite, zero, number };

/// The op through which an element's gradient comes, and the element of its value.
struct Step {
  std::size_t user;
  double part;
};

std::vector<Step> parts_of(const Run& run, BackwardReplay& reversal, std::size_t entry, std::size_t position) {
  std::vector<Step> parts;
  for (const std::uint32_t user : run.users(entry)) {
    const Tensor part = reversal.contribution(user, entry);
    if (part.defined()) parts.push_back({user, part.value().as_double(position)});
  }
  return parts;
}

/// The elements of an op's value that depend on an element of one of its inputs.
std::vector<std::size_t> depending(const Run& run, const OpJacobian& local, std::size_t user, std::size_t entry, std::size_t position) {
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
  GradientTrace(const Run& run, BackwardReplay& reversal) : run_(run), reversal_(reversal), trace_(run) {}

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

  /// The contribution to follow; null if no single one is close to the sum.
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
    const OpJacobian local(run_, part.user);
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
    // Everything that arrives is finite. If a number of the forward pass is not, it is the cause.
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

  std::string born_text(const OpJacobian& local, const Step& part, std::size_t entry, std::size_t position,
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
    if (const std::string kink = kink_at(run_.entry(part.user), q); !kink.empty()) text += "; " + kink;
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
    const OpJacobian local(run_, part.user);
    const Array dy = reversal_.gradient(part.user).value();
    const std::vector<std::size_t> outputs = depending(run_, local, part.user, entry, position);
    const bool blocked = std::any_of(outputs.begin(), outputs.end(), [&](std::size_t q) { return dy.as_double(q) != 0; });
    const std::string name = "dL/d" + run_.element(entry, position);
    if (blocked || outputs.empty()) {
      std::string why = outputs.empty() ? "nothing that it computes depends on " + run_.element(entry, position)
                                        : fmt::format("the slope at {} = {} is 0", run_.element(entry, position),
                                                      number(run_.value(entry).as_double(position)));
      if (!outputs.empty())
        if (const std::string kink = kink_at(run_.entry(part.user), outputs[0]); !kink.empty()) why += "; " + kink;
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
    const OpJacobian local(run_, part.user);
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

  /// The origin of a finite number is the op at which it grew most.
  void mark_largest() {
    if (growth_.empty()) return;
    const auto at = std::max_element(growth_.begin(), growth_.end()) - growth_.begin();
    Link& link = trace_.links()[static_cast<std::size_t>(at)];
    link.role = Role::born;
    link.text += fmt::format(", {} times", number(growth_[static_cast<std::size_t>(at)]));
  }

  const Run& run_;
  BackwardReplay& reversal_;
  Trace trace_;
  Kind kind_ = Kind::number;
  std::vector<double> growth_;
};

}  // namespace

Origin whence_of(const Run& run, BackwardReplay& reversal, std::size_t entry, std::size_t position) {
  return GradientTrace(run, reversal).follow(entry, position);
}

}  // namespace reel::debug
