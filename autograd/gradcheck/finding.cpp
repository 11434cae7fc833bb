#include <reel/autograd/gradcheck/finding.hpp>

#include <cmath>

#include <fmt/format.h>

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

/// "matmul, input 0: " as far as it is known, with the order where it is not the first.
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
  return place.empty() ? "" : " (" + place + ")";
}

std::string mismatch_text(const Finding& f) {
  const Element& e = f.worst;
  std::string text =
      fmt::format("{}: your rule gives {}, the numeric derivative is {} ± {:.2g}; they differ by {:.3g}, allowed is {:.3g}{}\n", f.element,
                  number_text(e.rule), number_text(e.slope.value), e.slope.error, e.difference(), e.allowed, place_of(f));
  const std::string of = f.output.empty() ? fmt::format("the results' sum with random weights (seed {})", f.seed) : f.output;
  text += fmt::format("  derivative of {}; slope from the left {}, from the right {}, step {:.2g}\n", of, number_text(e.slope.left),
                      number_text(e.slope.right), e.slope.step);
  return text + fmt::format("  {} of {} elements are wrong\n", f.wrong, f.total);
}

std::string kink_text(const Finding& f) {
  const Slope& s = f.worst.slope;
  std::string why;
  switch (s.smoothness) {
    case Smoothness::kink:
      why = fmt::format("the slope is {} on the left and {} on the right (your rule gives {})", number_text(s.left), number_text(s.right),
                        number_text(f.worst.rule));
      break;
    case Smoothness::jump: why = "the value jumps, so that no slope settles when the step is halved"; break;
    default: why = fmt::format("the value is not finite within {:.2g} of it", s.step);
  }
  return fmt::format("{}: not differentiable here: {}{}\n", f.element, why, place_of(f)) +
         "  check at inputs away from there, or let kinks pass with {.kinks = Kinks::allow}\n" +
         (f.wrong > 1 ? fmt::format("  {} of {} elements are such points\n", f.wrong, f.total) : "");
}

std::string rough_text(const Finding& f) {
  const Element& e = f.worst;
  return fmt::format(
      "{}: the numeric derivative is too uncertain to judge by: {} ± {:.2g} at its best step, {:.2g}; your rule gives {}{}\n"
      "  rounding hides the change, or the function bends within every step that was tried; use float64, or inputs of another size\n",
      f.element, number_text(e.slope.value), e.slope.error, e.slope.step, number_text(e.rule), place_of(f));
}

}  // namespace

double Element::difference() const { return std::abs(rule - slope.value); }

std::string element_name(const std::string& symbol, const Shape& shape, std::size_t position) {
  if (shape.rank() == 0) return symbol;
  const Shape strides = strides_of(shape);
  std::string index;
  for (std::size_t i = 0; i < shape.rank(); ++i) index += fmt::format("{}{}", i > 0 ? "," : "", position / strides[i] % shape[i]);
  return symbol + "[" + index + "]";
}

std::string number_text(double value) { return fmt::format("{:.9g}", value + 0.0); }  // -0 + 0 is 0

std::string message_of(const Finding& f) {
  std::string text = head_of(f);
  switch (f.fault) {
    case Fault::mismatch: text += mismatch_text(f); break;
    case Fault::kink: text += kink_text(f); break;
    case Fault::too_rough: text += rough_text(f); break;
    case Fault::failed: return f.text + "\n";
    default: text += f.text + place_of(f) + "\n";
  }
  if (!f.rule.empty()) text += "  rule of " + f.op + ": " + f.rule + "\n";
  if (f.ops_are_right)
    text += "  each op on the tape has the right rule: look for what leaves the tape on the way (detach(), item(), value(), NoGrad)\n";
  return text;
}

}  // namespace reel::detail
