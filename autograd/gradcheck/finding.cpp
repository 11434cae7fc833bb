#include <reel/autograd/gradcheck/finding.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace reel::detail {

namespace {

std::string ordinal(int order) {
  switch (order) {
    case 1: return "first";
    case 2: return "second";
    case 3: return "third";
    default: return fmt::format("{}th", order);
  }
}

/// "matmul, input 0: ", as far as it is known, with the order if it is not the first.
std::string head_of(const Finding& f) {
  std::string head = f.op;
  const auto append = [&](const std::string& part) {
    if (!part.empty()) head += (head.empty() ? "" : ", ") + part;
  };
  if (f.order > 1) append(ordinal(f.order) + " order");
  append(f.label);
  return head.empty() ? "gradcheck: " : head + ": ";
}

std::string place_of(const Finding& f) {
  const std::string place = to_string(f.at);
  if (f.module.empty()) return place.empty() ? "" : " (" + place + ")";
  return " (in " + f.module + (place.empty() ? "" : ", " + place) + ")";
}

std::string element_text(const GradcheckElement& e) { return e.name + " = " + number_text(e.value); }

std::string mismatch_text(const Finding& f) {
  const GradcheckElement& e = f.worst[0];
  const Slope& s = f.wrong[0].slope;
  const std::string differ =
      std::isfinite(e.rule) ? fmt::format("; they differ by {:.3g}, allowed is {:.3g}", std::abs(e.rule - e.numeric), e.allowed) : "";
  std::string text = fmt::format("{}{}: your rule gives {}, the numeric derivative{} is {} ± {:.2g}{}{}\n", element_text(e), f.together,
                                 number_text(e.rule), f.output.empty() || !differ.empty() ? "" : " of " + f.output, number_text(e.numeric),
                                 e.error, differ, place_of(f));
  const std::string of = f.output.empty() ? fmt::format("the results' sum with random weights (seed {})", f.seed) : f.output;
  text += fmt::format("  derivative of {}; slope from the left {}, from the right {}, step {:.2g}\n", of, number_text(s.left),
                      number_text(s.right), s.step);
  if (f.together.empty()) text += fmt::format("  {} of {} elements are wrong\n", f.wrong.size(), f.total);
  for (std::size_t i = 1; i < f.worst.size(); ++i)
    text += fmt::format("  next: {}: {} against {} ± {:.2g}\n", element_text(f.worst[i]), number_text(f.worst[i].rule),
                        number_text(f.worst[i].numeric), f.worst[i].error);
  return text;
}

std::string kink_text(const Finding& f) {
  const Slope& s = f.wrong[0].slope;
  std::string why;
  switch (s.smoothness) {
    case Smoothness::kink:
      why = fmt::format("the slope is {} on the left and {} on the right (your rule gives {})", number_text(s.left), number_text(s.right),
                        number_text(f.wrong[0].rule));
      break;
    case Smoothness::jump: why = "the value jumps, so that no slope settles when the step is halved"; break;
    default: why = fmt::format("the value is not finite within {:.2g} of it", s.step);
  }
  return fmt::format("{}: not differentiable here: {}{}\n", element_text(f.worst[0]), why, place_of(f)) +
         "  check at inputs away from there, or let kinks pass with {.kinks = Kinks::allow}\n" +
         (f.wrong.size() > 1 ? fmt::format("  {} of {} elements are such points\n", f.wrong.size(), f.total) : "");
}

std::string rough_text(const Finding& f) {
  const GradcheckElement& e = f.worst[0];
  return fmt::format(
      "{}: the numeric derivative is too uncertain to judge by: {} ± {:.2g} at its best step, {:.2g}; your rule gives {}{}\n"
      "  rounding hides the change, or the function bends within every step that was tried; use float64, or inputs of another size\n",
      element_text(e), number_text(e.numeric), e.error, f.wrong[0].slope.step, number_text(e.rule), place_of(f));
}

/// The reason, the place, the likely mistake, and the mistakes that were ruled out.
std::string explanation_of(const Finding& f) {
  std::string text;
  if (f.rate > 1.7)
    text += fmt::format("  step-free test: the remainder falls with rate {:.2f}, as that of a right gradient does (2): look at the step\n",
                        f.rate);
  else if (f.rate > 0)
    text += fmt::format(
        "  step-free test: the remainder falls with rate {:.2f} (a right gradient gives 2): the rule is wrong, not the step\n", f.rate);
  if (!f.rule.empty()) text += "  rule of " + f.op + ": " + f.rule + "\n";
  if (!f.mistake.name.empty()) text += "  likely mistake: " + f.mistake.name + ": " + f.mistake.text + "\n";
  if (!f.ruled_out.empty()) text += fmt::format("  ruled out: {}\n", fmt::join(f.ruled_out, ", "));
  if (!f.op.empty() && f.ops_checked > 0) text += fmt::format("  {} other ops on the tape are right by themselves\n", f.ops_checked);
  if (f.ops_are_right)
    text += "  each op on the tape has the right rule: look for what leaves the tape on the way (detach(), item(), value(), NoGrad)\n";
  return text + fmt::format("  repeat with {{.seed = {}}}\n", f.seed);
}

std::string message_of(const Finding& f) {
  if (f.fault == Fault::failed) return f.text + "\n";
  std::string text = head_of(f);
  switch (f.fault) {
    case Fault::mismatch: text += mismatch_text(f); break;
    case Fault::kink: text += kink_text(f); break;
    case Fault::too_rough: text += rough_text(f); break;
    default: text += f.text + place_of(f) + "\n";
  }
  return text + explanation_of(f);
}

}  // namespace

std::string name_of(Fault fault) {
  switch (fault) {
    case Fault::mismatch: return "wrong gradient";
    case Fault::not_linear: return "not linear in dy";
    case Fault::inconsistent: return "inconsistent";
    case Fault::kink: return "not differentiable";
    case Fault::too_rough: return "too uncertain";
    case Fault::not_deterministic: return "not deterministic";
    case Fault::changed_input: return "input changed";
    case Fault::wrong_form: return "wrong form";
    case Fault::failed: break;
  }
  return "error";
}

double Element::difference() const { return std::abs(rule - slope.value); }

std::string element_name(const std::string& symbol, const Shape& shape, std::size_t position) {
  if (shape.rank() == 0) return symbol;
  const Shape strides = strides_of(shape);
  std::string index;
  for (std::size_t i = 0; i < shape.rank(); ++i) index += fmt::format("{}{}", i > 0 ? "," : "", position / strides[i] % shape[i]);
  return symbol + "[" + index + "]";
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";        // whatever its sign
  return fmt::format("{:.9g}", value + 0.0);  // -0 + 0 is 0
}

GradcheckReport report_of(const Finding& f) {
  GradcheckReport::Details d{.ok = false, .kind = name_of(f.fault), .mistake = f.mistake.name, .op = f.op, .at = f.at};
  d.order = f.order;
  d.seed = f.seed;
  d.worst = f.worst;
  d.message = message_of(f);
  return GradcheckReport(std::move(d));
}

}  // namespace reel::detail
