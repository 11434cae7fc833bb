#include <reel/autograd/debug/analysis.hpp>

namespace reel::debug {

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
