#include <reel/autograd/ops/elementwise.hpp>

#include <fmt/format.h>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/formula.hpp>

namespace reel {

namespace {

/// y = f(x), dx = dy · derivative(x, y). The derivative is one generic lambda: on packs, fused with dy, it is a single pass over
/// memory; on tensors, when the gradient is differentiated in turn, it is made of ops, so that there is every order.
template <class F, class D>
Tensor unary(Literal op, Literal rule, const Operand& x, F f, D derivative) {
  return record(op, rule, {x}, f, [derivative](const Pullback& p) {
    if (p.differentiable()) return Gradients{p.dy() * derivative(p.input(0), p.output())};
    const Array &dy = p.dy().value(), &in = p.input(0).value();
    const auto fused = [derivative](auto g, auto v, auto y) { return g * derivative(v, y); };
    return Gradients{Tensor(kernels::map_to(in.shape(), in.dtype(), fused, dy, in, p.output().value()))};
  });
}

/// Whether they are tensors of different dtypes. What is not defined is left for record() to refuse.
bool is_mixed(const Operand& a, const Operand& b) {
  if (a.is_number() || b.is_number() || !a.tensor().defined() || !b.tensor().defined()) return false;
  return a.value().dtype() != b.value().dtype();
}

/// Records an op of two broadcasting inputs; of tensors with different dtypes, the real ones are converted on the tape first, so
/// that each gets a gradient of its own dtype back.
template <class F, class R>
Tensor binary(Literal op, Literal rule, const Operand& a, const Operand& b, F f, R pullback) {
  if (!is_mixed(a, b)) return record_broadcasting(op, rule, {a, b}, f, pullback);
  const Dtype common = promote(a.value().dtype(), b.value().dtype());
  const auto converted = [common](const Operand& x) { return is_floating(x.value().dtype()) ? astype(x, common) : x.tensor(); };
  const Tensor x = converted(a), y = converted(b);
  return record_broadcasting(op, rule, {Operand(x, a.location()), Operand(y, b.location())}, f, pullback);
}

template <class F>
Tensor comparison(Literal op, const Operand& a, const Operand& b, F f) {
  return record(op, "none: a step has no slope", {a, b}, f, [](const Pullback&) { return Gradients{none, none}; });
}

/// dy where the condition holds, half of it where a = b, else 0: how maximum and minimum share their gradient.
Tensor share(const Pullback& p, const Tensor& chosen) {
  return where(chosen, p.dy(), where(equal(p.input(0), p.input(1)), p.dy() * 0.5, 0.0));
}

}  // namespace

Tensor add(Operand a, Operand b) {
  return binary(
      "add", "da = dy   db = dy", a, b, [](const Inputs& in) { return kernels::add(in[0], in[1]); },
      [](const Pullback& p) {
        return Gradients{p.dy(), p.dy()};
      });
}

Tensor sub(Operand a, Operand b) {
  return binary(
      "sub", "da = dy   db = -dy", a, b, [](const Inputs& in) { return kernels::sub(in[0], in[1]); },
      [](const Pullback& p) {
        return Gradients{p.dy(), p.needs(1) ? -p.dy() : none};
      });
}

Tensor mul(Operand a, Operand b) {
  return binary(
      "mul", "da = dy·b   db = dy·a", a, b, [](const Inputs& in) { return kernels::mul(in[0], in[1]); },
      [](const Pullback& p) {
        return Gradients{p.needs(0) ? p.dy() * p.input(1) : none, p.needs(1) ? p.dy() * p.input(0) : none};
      });
}

Tensor div(Operand a, Operand b) {
  return binary(
      "div", "da = dy/b   db = -dy·y/b", a, b, [](const Inputs& in) { return kernels::div(in[0], in[1]); },
      [](const Pullback& p) {
        return Gradients{p.needs(0) ? p.dy() / p.input(1) : none, p.needs(1) ? -(p.dy() * p.output() / p.input(1)) : none};
      });
}

Tensor pow(Operand a, Operand b) {
  return binary(
      "pow", "da = dy·b·a^(b-1)   db = dy·y·log a", a, b, [](const Inputs& in) { return kernels::pow(in[0], in[1]); },
      [](const Pullback& p) {
        const Tensor &base = p.input(0), &power = p.input(1);
        // The conditions keep 0·inf out where the limit is 0: a^0 does not depend on a, nor 0^b on b.
        return Gradients{p.needs(0) ? p.dy() * where(power == 0.0, 0.0, power * pow(base, power - 1.0)) : none,
                         p.needs(1) ? p.dy() * where(base == 0.0, 0.0, p.output() * log(where(base == 0.0, 1.0, base))) : none};
      });
}

Tensor maximum(Operand a, Operand b) {
  return binary(
      "maximum", "da = dy where a > b, dy/2 where a = b   db likewise", a, b,
      [](const Inputs& in) { return kernels::maximum(in[0], in[1]); },
      [](const Pullback& p) {
        return Gradients{p.needs(0) ? share(p, p.input(0) > p.input(1)) : none, p.needs(1) ? share(p, p.input(0) < p.input(1)) : none};
      });
}

Tensor minimum(Operand a, Operand b) {
  return binary(
      "minimum", "da = dy where a < b, dy/2 where a = b   db likewise", a, b,
      [](const Inputs& in) { return kernels::minimum(in[0], in[1]); },
      [](const Pullback& p) {
        return Gradients{p.needs(0) ? share(p, p.input(0) < p.input(1)) : none, p.needs(1) ? share(p, p.input(0) > p.input(1)) : none};
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
      "neg", "dx = -dy", {x}, [](const Inputs& in) { return kernels::neg(in[0]); }, [](const Pullback& p) { return Gradients{-p.dy()}; });
}

Tensor square(Operand x) {
  return unary(
      "square", "dx = dy·2x", x, [](const Inputs& in) { return kernels::square(in[0]); }, [](auto v, auto) { return 2 * v; });
}

Tensor exp(Operand x) {
  return unary(
      "exp", "dx = dy·y", x, [](const Inputs& in) { return kernels::exp(in[0]); }, [](auto, auto y) { return y; });
}

Tensor log(Operand x) {
  return unary(
      "log", "dx = dy/x", x, [](const Inputs& in) { return kernels::log(in[0]); }, [](auto v, auto) { return 1 / v; });
}

Tensor sqrt(Operand x) {
  return unary(
      "sqrt", "dx = dy/(2y)", x, [](const Inputs& in) { return kernels::sqrt(in[0]); }, [](auto, auto y) { return 0.5 / y; });
}

Tensor tanh(Operand x) {
  return unary(
      "tanh", "dx = dy·(1 - y²)", x, [](const Inputs& in) { return kernels::tanh(in[0]); }, [](auto, auto y) { return 1 - y * y; });
}

Tensor sigmoid(Operand x) {
  return unary(
      "sigmoid", "dx = dy·y(1 - y)", x, [](const Inputs& in) { return kernels::sigmoid(in[0]); }, [](auto, auto y) { return y * (1 - y); });
}

Tensor relu(Operand x) {
  return unary(
      "relu", "dx = dy where x > 0, else 0", x, [](const Inputs& in) { return kernels::relu(in[0]); },
      [](auto v, auto) { return where(v > 0, 1.0, 0.0); });
}

Tensor abs(Operand x) {
  return unary(
      "abs", "dx = dy·sign x", x, [](const Inputs& in) { return kernels::abs(in[0]); },
      [](auto v, auto) { return where(v > 0, 1.0, where(v < 0, -1.0, 0.0)); });
}

Tensor softplus(Operand x) {
  return unary(
      "softplus", "dx = dy·sigmoid x", x, [](const Inputs& in) { return kernels::softplus(in[0]); },
      [](auto v, auto) { return 1 / (1 + exp(-v)); });
}

Tensor clamp(Operand x, double low, double high) {
  located("clamp", x, [&] {
    if (!(low <= high)) throw Error(fmt::format("clamp: low is {} and high is {}; low may not be above high", low, high));
  });
  return unary(
      "clamp", "dx = dy where low <= x <= high, else 0", x, [low, high](const Inputs& in) { return kernels::clamp(in[0], low, high); },
      [low, high](auto v, auto) { return where(v < low, 0.0, where(v > high, 0.0, 1.0)); });
}

Tensor astype(Operand x, Dtype dtype) {
  if (!x.is_number() && x.tensor().defined() && x.value().dtype() == dtype) return x.tensor();
  return record(
      "astype", "dx = dy, converted back", {x}, [dtype](const Inputs& in) { return in[0].astype(dtype); },
      [](const Pullback& p) { return Gradients{astype(p.dy(), p.input(0).dtype())}; }, [dtype] { return std::string(name_of(dtype)); });
}

Tensor equal(Operand a, Operand b) {
  return comparison("equal", a, b, [](const Inputs& in) { return kernels::equal(in[0], in[1]); });
}
Tensor not_equal(Operand a, Operand b) {
  return comparison("not_equal", a, b, [](const Inputs& in) { return kernels::not_equal(in[0], in[1]); });
}
Tensor less(Operand a, Operand b) {
  return comparison("less", a, b, [](const Inputs& in) { return kernels::less(in[0], in[1]); });
}
Tensor less_equal(Operand a, Operand b) {
  return comparison("less_equal", a, b, [](const Inputs& in) { return kernels::less_equal(in[0], in[1]); });
}
Tensor greater(Operand a, Operand b) {
  return comparison("greater", a, b, [](const Inputs& in) { return kernels::greater(in[0], in[1]); });
}
Tensor greater_equal(Operand a, Operand b) {
  return comparison("greater_equal", a, b, [](const Inputs& in) { return kernels::greater_equal(in[0], in[1]); });
}

}  // namespace reel
