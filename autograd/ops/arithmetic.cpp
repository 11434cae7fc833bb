#include <reel/autograd/ops/arithmetic.hpp>

#include <fmt/format.h>
#include <reel/autograd/elementwise.hpp>
#include <reel/autograd/ops/detail/function.hpp>
#include <reel/core/kernels/integer.hpp>

namespace reel {

namespace {

using detail::binary;
using detail::function;
using detail::is_mixed;
using detail::is_whole;
using detail::predicate;

/// 1 where a is selected, half where both are equal: how maximum and minimum share their gradient.
inline constexpr auto share = [](const auto& picked, const auto& a, const auto& b) { return where(picked, 1.0, where(a == b, 0.5, 0.0)); };

/// A function that is constant except for jumps.
template <class F>
Tensor step(Literal op, const Operand& x, F f) {
  const auto forward = [f, op](const Inputs& in) {
    kernels::require_floating(op.text, in[0]);
    return kernels::map_to(in[0].shape(), in[0].dtype(), f, in[0]);
  };
  return record(op, "dx = 0", {x}, forward, [](const Pullback& p) { return Gradients{zeros_like(p.input(0))}; });
}

}  // namespace

Tensor add(Operand a, Operand b) {
  return binary(
      "add", "da = dy   db = dy", a, b, [](const Inputs& in) { return kernels::add(in[0], in[1]); },
      [](const Pullback& p) {
        return Gradients{p.dy(), p.dy()};
      });
}

constexpr OpNotes sub_notes{.domain = "inf - inf is NaN"};
Tensor sub(Operand a, Operand b) {
  return binary(
      "sub", {"da = dy   db = -dy", sub_notes}, a, b, [](const Inputs& in) { return kernels::sub(in[0], in[1]); },
      [](const Pullback& p) {
        return Gradients{p.dy(), p.needs(1) ? -p.dy() : none};
      });
}

constexpr OpNotes mul_notes{.domain = "0 times inf is NaN"};
Tensor mul(Operand a, Operand b) {
  return binary(
      "mul", {"da = dy·b   db = dy·a", mul_notes}, a, b, [](const Inputs& in) { return kernels::mul(in[0], in[1]); },
      [](const Pullback& p) {
        return detail::pull_back(
            p, [](const auto&, const auto& w, const auto&) { return w; }, [](const auto& v, const auto&, const auto&) { return v; });
      });
}

constexpr OpNotes div_notes{.domain = "it divides by zero or too small a number, or inf by inf"};
Tensor div(Operand a, Operand b) {
  return binary(
      "div", {"da = dy/b   db = -dy·y/b", div_notes}, a, b, [](const Inputs& in) { return kernels::div(in[0], in[1]); },
      [](const Pullback& p) {
        return detail::pull_back(
            p, [](const auto&, const auto& w, const auto&) { return 1 / w; },
            [](const auto&, const auto& w, const auto& y) { return -(y / w); });
      });
}

constexpr OpNotes pow_notes{.domain = "a negative base needs a whole exponent, and zero one that is not negative"};
Tensor pow(Operand a, Operand b) {
  return binary(
      "pow", {"da = dy·b·a^(b-1)   db = dy·y·log a", pow_notes}, a, b, [](const Inputs& in) { return kernels::pow(in[0], in[1]); },
      [](const Pullback& p) {
        const Array& power = p.input(1).value();
        // A square is so common that it does not use pow.
        if (!p.differentiable() && !p.needs(1) && power.size() == 1 && power.as_double(0) == 2)
          return detail::pull_back(
              p, [](const auto& v, const auto&, const auto&) { return 2 * v; }, derivatives::of_pow_by_exponent);
        if (!p.needs(1) && power.size() == 1 && power.as_double(0) != 0)
          return detail::pull_back(p, derivatives::of_pow_not_0, derivatives::of_pow_by_exponent);
        if (!p.needs(1)) return detail::pull_back(p, derivatives::of_pow, derivatives::of_pow_by_exponent);
        return detail::pull_back(p, derivatives::of_pow_by_base, derivatives::of_pow_by_exponent);
      });
}

constexpr OpNotes maximum_notes{.kink = "maximum bends where a = b, and either takes half of the slope",
                                .at_kink = [](std::span<const double> x) { return x[0] == x[1]; }};
Tensor maximum(Operand a, Operand b) {
  return binary(
      "maximum", {"da = dy where a > b, dy/2 where a = b   db likewise", maximum_notes}, a, b,
      [](const Inputs& in) { return kernels::maximum(in[0], in[1]); },
      [](const Pullback& p) {
        return detail::pull_back(
            p, [](const auto& v, const auto& w, const auto&) { return share(v > w, v, w); },
            [](const auto& v, const auto& w, const auto&) { return share(v < w, v, w); });
      });
}

constexpr OpNotes minimum_notes{.kink = "minimum bends where a = b, and either takes half of the slope",
                                .at_kink = [](std::span<const double> x) { return x[0] == x[1]; }};
Tensor minimum(Operand a, Operand b) {
  return binary(
      "minimum", {"da = dy where a < b, dy/2 where a = b   db likewise", minimum_notes}, a, b,
      [](const Inputs& in) { return kernels::minimum(in[0], in[1]); },
      [](const Pullback& p) {
        return detail::pull_back(
            p, [](const auto& v, const auto& w, const auto&) { return share(v < w, v, w); },
            [](const auto& v, const auto& w, const auto&) { return share(v > w, v, w); });
      });
}

Tensor where(Operand condition, Operand a, Operand b) {
  if (is_mixed(a, b)) {
    const Dtype common = promote(a.value().dtype(), b.value().dtype());
    const Tensor x = astype(a, common), y = astype(b, common);
    return where(condition, Operand(x, a.location()), Operand(y, b.location()));
  }
  return record_broadcasting(
      "where", "da = dy where the condition holds, else 0   db = the rest of dy", {condition, a, b},
      [](const Inputs& in) { return kernels::where(in[0], in[1], in[2]); },
      [](const Pullback& p) {
        return Gradients{none, p.needs(1) ? where(p.input(0), p.dy(), 0.0) : none, p.needs(2) ? where(p.input(0), 0.0, p.dy()) : none};
      });
}

Tensor neg(Operand x) {
  return record(
      "neg", "dx = -dy", {x}, [](const Inputs& in) { return kernels::neg(in[0]); },
      [](const Pullback& p) {
        if (p.differentiable()) return Gradients{-p.dy()};
        return Gradients{Tensor(kernels::map_over(p.take_dy(), [](auto g) { return -g; }))};
      });
}

Tensor square(Operand x) {
  return record(
      "square", "dx = dy·2x", {x}, [](const Inputs& in) { return kernels::square(in[0]); },
      [](const Pullback& p) {
        if (p.differentiable()) return Gradients{p.dy() * derivatives::of_square(p.input(0), p.input(0))};
        return Gradients{Tensor(kernels::map_over(
            p.take_dy(), [](auto g, auto v) { return g * derivatives::of_square(v, v); }, p.input(0).value()))};
      });
}

constexpr OpNotes abs_notes{.kink = "abs bends at 0, where its slope is taken as 0",
                            .at_kink = [](std::span<const double> x) { return x[0] == 0; }};
Tensor abs(Operand x) {
  if (is_whole(x)) return predicate("abs", {x}, [](const Inputs& in) { return kernels::abs(in[0]); });
  return function(
      "abs", {"dx = dy·sign x", abs_notes}, x, [](auto v) { return abs(v); }, derivatives::of_abs);
}

Tensor sign(Operand x) {
  if (is_whole(x)) return predicate("sign", {x}, [](const Inputs& in) { return kernels::sign(in[0]); });
  return step("sign", x, [](auto v) { return sign(v); });
}
Tensor floor(Operand x) {
  return step("floor", x, [](auto v) { return floor(v); });
}
Tensor ceil(Operand x) {
  return step("ceil", x, [](auto v) { return ceil(v); });
}
Tensor round(Operand x) {
  return step("round", x, [](auto v) { return round(v); });
}

Tensor clamp(Operand x, double low, double high) {
  located("clamp", x, [&] {
    if (!(low <= high)) throw Error(fmt::format("clamp: low is {} and high is {}; low may not be above high", low, high));
  });
  if (is_whole(x)) return predicate("clamp", {x}, [low, high](const Inputs& in) { return kernels::clamp(in[0], low, high); });
  return function(
      "clamp", "dx = dy where low <= x <= high, else 0", x, [low, high](auto v) { return where(v < low, low, where(v > high, high, v)); },
      [low, high](const auto& v, const auto&) { return where(v < low, 0.0, where(v > high, 0.0, 1.0)); });
}
Tensor clamp(Operand x, ClampOptions bounds) { return clamp(x, bounds.min, bounds.max); }

Tensor lerp(Operand a, Operand b, Operand weight) {
  return elementwise("lerp", "da = dy·(1 - weight)   db = dy·weight   dweight = dy·(b - a)",
                     [](auto p, auto q, auto w) { return where(w < 0.5, p + w * (q - p), q - (1 - w) * (q - p)); })(a, b, weight);
}

Tensor astype(Operand x, Dtype dtype) {
  if (!x.is_number() && x.tensor().defined() && x.value().dtype() == dtype) return x.tensor();
  return record(
      "astype", "dx = dy, converted back", {x}, [dtype](const Inputs& in) { return in[0].astype(dtype); },
      [](const Pullback& p) { return Gradients{astype(p.dy(), p.input(0).dtype())}; }, [dtype] { return std::string(name_of(dtype)); });
}

Tensor equal(Operand a, Operand b) {
  return predicate("equal", {a, b}, [](const Inputs& in) { return kernels::equal(in[0], in[1]); });
}
Tensor not_equal(Operand a, Operand b) {
  return predicate("not_equal", {a, b}, [](const Inputs& in) { return kernels::not_equal(in[0], in[1]); });
}
Tensor less(Operand a, Operand b) {
  return predicate("less", {a, b}, [](const Inputs& in) { return kernels::less(in[0], in[1]); });
}
Tensor less_equal(Operand a, Operand b) {
  return predicate("less_equal", {a, b}, [](const Inputs& in) { return kernels::less_equal(in[0], in[1]); });
}
Tensor greater(Operand a, Operand b) {
  return predicate("greater", {a, b}, [](const Inputs& in) { return kernels::greater(in[0], in[1]); });
}
Tensor greater_equal(Operand a, Operand b) {
  return predicate("greater_equal", {a, b}, [](const Inputs& in) { return kernels::greater_equal(in[0], in[1]); });
}

Tensor logical_and(Operand a, Operand b) {
  return predicate("logical_and", {a, b}, [](const Inputs& in) { return kernels::logical_and(in[0], in[1]); });
}
Tensor logical_or(Operand a, Operand b) {
  return predicate("logical_or", {a, b}, [](const Inputs& in) { return kernels::logical_or(in[0], in[1]); });
}
Tensor logical_xor(Operand a, Operand b) {
  return predicate("logical_xor", {a, b}, [](const Inputs& in) { return kernels::logical_xor(in[0], in[1]); });
}
Tensor logical_not(Operand a) {
  return predicate("logical_not", {a}, [](const Inputs& in) { return kernels::logical_not(in[0]); });
}

Tensor isnan(Operand x) {
  return predicate("isnan", {x}, [](const Inputs& in) { return kernels::isnan(in[0]); });
}
Tensor isinf(Operand x) {
  return predicate("isinf", {x}, [](const Inputs& in) { return kernels::isinf(in[0]); });
}
Tensor isfinite(Operand x) {
  return predicate("isfinite", {x}, [](const Inputs& in) { return kernels::isfinite(in[0]); });
}

}  // namespace reel
