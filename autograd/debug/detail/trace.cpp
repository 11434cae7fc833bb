#include <reel/autograd/debug/detail/trace.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/analysis.hpp>
#include <reel/autograd/debug/detail/sources.hpp>

namespace reel::debug {

Origin::Origin(std::vector<Link> links, std::string message) : links_(std::move(links)), message_(std::move(message)) {}

const Link& Origin::born_link() const& {
  const auto it = std::find_if(links_.rbegin(), links_.rend(), [](const Link& l) { return l.role == Role::born; });
  return it == links_.rend() ? links_.back() : *it;
}

namespace {

/// "log(y[1]), y[1] = -2", as far as the elements at the same position are known.
std::string operands_text(const Run& run, std::size_t entry, std::size_t position) {
  const OpJacobian local(run, entry);
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

}  // namespace

void Trace::add(std::size_t entry, Phase phase, Role role, std::size_t position, double value, std::string text) {
  links_.push_back({run_.entry(entry), entry, phase, role, index_of(run_.value(entry).shape(), position), value, std::move(text)});
}

/// Whether to follow the number that an op's number comes from. An infinity in a leaf is often intended; if inf - inf or 0·inf makes a NaN
/// of it, that op is the mistake.
bool Trace::goes_on(double value, std::size_t entry, std::size_t position) const {
  if (!std::isnan(value) || std::isnan(run_.value(entry).as_double(position))) return true;
  Trace trace(run_);
  trace.follow_value(entry, position);
  return run_.is_op(trace.links_.back().number);
}

void Trace::follow_value(std::size_t entry, std::size_t position) {
  while (true) {
    const double value = run_.value(entry).as_double(position);
    const std::string is = fmt::format("{} = {}", run_.element(entry, position), number(value));
    if (!run_.is_op(entry))
      return add(entry, Phase::forward, Role::born, position, value, fmt::format("{} came in: it is a {}", is, run_.entry(entry).op()));
    const std::optional<Source> source = source_of(OpJacobian(run_, entry), position);
    const std::size_t from = source ? run_.input(entry, source->input) : npos;
    if (from == npos || !goes_on(value, from, source->position)) {
      const std::string domain = domain_of(run_.entry(entry));
      return add(entry, Phase::forward, Role::born, position, value,
                 is + operands_text(run_, entry, position) + (domain.empty() ? "" : "; " + domain));
    }
    add(entry, Phase::forward, Role::spreads, position, value, is + " from " + run_.element(from, source->position));
    entry = from;
    position = source->position;
  }
}

Origin Trace::finish(const std::string& asked) && {
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

Origin whence_of_value(const Run& run, std::size_t entry, std::size_t position) {
  Trace trace(run);
  trace.follow_value(entry, position);
  return std::move(trace).finish(fmt::format("{} = {}", run.element(entry, position), number(run.value(entry).as_double(position))));
}

}  // namespace reel::debug
