#include <reel/core/kernels/simd/special.hpp>

#include <cmath>
#include <limits>
#include <numbers>

namespace reel::kernels {

namespace {

constexpr double pi = std::numbers::pi;
constexpr int most_derivatives = 64;

/// The n-th derivative of π cot πx. With t = cot πx, the derivative of a polynomial p(t) is -π(1 + t²) p'(t).
double cotangent_derivative(int n, double x) {
  // From a remainder of 0.25 on, cot is computed as the tangent of the complement: at half integers, where the even derivatives are 0,
  // tan(π/2) is not exactly infinite.
  const double rest = x - std::round(x),
               t = std::copysign(std::abs(rest) < 0.25 ? 1 / std::tan(pi * std::abs(rest)) : std::tan(pi * (0.5 - std::abs(rest))), rest);
  constexpr int most = most_derivatives;
  double p[most + 2] = {0, 1};
  int degree = 1;
  for (int k = 0; k < n; ++k, ++degree) {
    double q[most + 2] = {};
    for (int i = 1; i <= degree; ++i) {
      q[i - 1] -= i * p[i];
      q[i + 1] -= i * p[i];
    }
    for (int i = 0; i <= degree + 1; ++i) p[i] = q[i];
  }
  double sum = 0;
  for (int i = degree; i >= 0; --i) sum = sum * t + p[i];
  return std::pow(pi, n + 1) * sum;
}

/// Stirling's series and its derivatives, for x that is large beside n (Abramowitz and Stegun, 6.3.18 and 6.4.11), without the sign
/// (-1)^(n+1) that it has for n > 0.
double asymptotic(int n, double x) {
  constexpr double bernoulli[] = {1.0 / 6, -1.0 / 30,     1.0 / 42,      -1.0 / 30,       5.0 / 66,      -691.0 / 2730,
                                  7.0 / 6, -3617.0 / 510, 43867.0 / 798, -174611.0 / 330, 854513.0 / 138};
  const double square = x * x;
  if (n == 0) {
    double sum = std::log(x) - 0.5 / x, power = 1;
    for (int k = 1; k <= 11; ++k) sum -= bernoulli[k - 1] / (2 * k * (power *= square));
    return sum;
  }
  const double first = std::exp(std::lgamma(n) - n * std::log(x));  // (n-1)! / x^n
  double sum = first + first * n / (2 * x), term = first * n * (n + 1) / (2 * square);
  for (int k = 1; k <= 11; ++k) {
    sum += bernoulli[k - 1] * term;
    term *= (2.0 * k + n) * (2.0 * k + n + 1) / ((2.0 * k + 1) * (2.0 * k + 2) * square);
  }
  return sum;
}

double factorial(int n) {
  double product = 1;
  for (int i = 2; i <= n; ++i) product *= i;
  return product;
}

}  // namespace

float log_gamma(float x) {
  int sign;
  return ::lgammaf_r(x, &sign);
}

double log_gamma(double x) {
  int sign;
  return ::lgamma_r(x, &sign);
}

double polygamma(int n, double x) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (n < 0 || n > most_derivatives || std::isnan(x) || x == -infinity) return std::numeric_limits<double>::quiet_NaN();
  if (x == infinity) return n == 0 ? infinity : 0;
  if (x <= 0 && x == std::floor(x)) {
    if (n == 0 && x == 0) return std::copysign(infinity, -x);
    return n % 2 == 1 ? infinity : std::numeric_limits<double>::quiet_NaN();
  }
  // Γ(x) Γ(1 - x) = π / sin πx, differentiated.
  if (x < 0) return (n % 2 == 0 ? 1 : -1) * polygamma(n, 1 - x) - cotangent_derivative(n, x);
  // Γ(x + 1) = x Γ(x), up to where Stirling's series holds.
  double sum = 0;
  const double far = 12 + n;
  for (; x < far; x += 1) sum += 1 / std::pow(x, n + 1);
  if (n == 0) return asymptotic(0, x) - sum;
  return (n % 2 == 1 ? 1 : -1) * (factorial(n) * sum + asymptotic(n, x));
}

}  // namespace reel::kernels
