// More than forty wrong rules, of every kind that people write, and what gradcheck says of each. The table is the measure of how well it
// diagnoses.
#include <string>
#include <vector>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <reel/reel.hpp>

using namespace reel;

namespace {

using In = std::vector<Tensor>;

Tensor f64(const Values& values) { return variable(tensor(values, {.dtype = float64})); }

Tensor some(const Shape& shape, std::uint64_t seed) {
  const SeedScope scope(seed);
  return variable(random::uniform(shape, {.low = 0.3, .high = 1.7, .dtype = float64}));
}

/// One input: forward, and a rule with something wrong in it.
template <class F, class R>
Tensor op1(Literal name, const Tensor& x, F forward, R rule) {
  return record(
      name, "wrong on purpose", {x}, [forward](const Inputs& in) { return forward(in[0]); },
      [rule](const Pullback& p) { return Gradients{Tensor(rule(p))}; });
}

template <class F, class R>
Tensor op2(Literal name, const Tensor& a, const Tensor& b, F forward, R rule) {
  return record(
      name, "wrong on purpose", {a, b}, [forward](const Inputs& in) { return forward(in[0], in[1]); }, rule);
}

/// One planted mistake: a function whose op `planted` is wrong among right ones, and what the report has to say.
struct Planted {
  std::string name;
  std::function<Tensor(const In&)> f;
  In inputs;
  std::string kind, mistake;  // an empty mistake: none is claimed
  GradcheckOptions options = {};
};

constexpr const char* wrong = "wrong gradient";

void append_signs_and_factors(std::vector<Planted>& list) {
  const auto unary = [&](const char* name, auto f, const std::string& mistake, const Tensor& x) {
    list.push_back({name, [f](const In& in) { return mean(square(f(tanh(in[0])))); }, {x}, wrong, mistake});
  };
  const Tensor x = some({2, 3}, 1);
  unary(
      "neg keeps the sign", [](const Tensor& t) { return op1("planted", t, kernels::neg, [](const auto& p) { return p.dy(); }); }, "sign",
      x);
  unary(
      "cosine for minus sine",
      [](const Tensor& t) { return op1("planted", t, kernels::exp, [](const auto& p) { return -(p.dy() * p.output()); }); }, "sign", x);
  unary(
      "square without its 2",
      [](const Tensor& t) { return op1("planted", t, kernels::square, [](const auto& p) { return p.dy() * p.input(0); }); },
      "constant factor", x);
  unary(
      "sqrt without its 1/2",
      [](const Tensor& t) { return op1("planted", t, kernels::sqrt, [](const auto& p) { return p.dy() / p.output(); }); },
      "constant factor", x);
  unary(
      "log2 as if it were log",
      [](const Tensor& t) {
        return op1(
            "planted", t, [](const Array& a) { return kernels::mul(kernels::log(a), Array::scalar(1.4426950408889634, float64)); },
            [](const auto& p) { return p.dy() / p.input(0); });
      },
      "constant factor", x);
  unary(
      "dy counted twice",
      [](const Tensor& t) {
        return op1("planted", t, kernels::tanh, [](const auto& p) { return (p.dy() + p.dy()) * (1 - square(p.output())); });
      },
      "constant factor", x);
}

void append_sums_and_means(std::vector<Planted>& list) {
  const Tensor x = some({4, 3}, 2), b = some({3}, 3);
  list.push_back({"sum that divides by n",
                  [](const In& in) {
                    return op1(
                        "planted", square(in[0]),
                        [](const Array& a) {
                          return kernels::sum(a, {0, 1}, false);
                        },
                        [](const auto& p) { return broadcast_to(p.dy() / 12, p.input(0).shape()); });
                  },
                  {x},
                  wrong,
                  "mean for sum"});
  list.push_back({"mean that forgets to divide",
                  [](const In& in) {
                    return op1(
                        "planted", square(in[0]),
                        [](const Array& a) {
                          return kernels::mul(kernels::sum(a, {0, 1}, false), Array::scalar(1.0 / 12, float64));
                        },
                        [](const auto& p) { return broadcast_to(p.dy(), p.input(0).shape()); });
                  },
                  {x},
                  wrong,
                  "sum for mean"});
  list.push_back(
      {"bias averaged over the batch",
       [](const In& in) {
         return square(op2("planted", in[0], in[1], kernels::add, [](const Pullback& p) { return Gradients{p.dy(), mean(p.dy(), 0)}; }));
       },
       {x, b},
       wrong,
       "mean for sum"});
  list.push_back(
      {"bias of the first row only",
       [](const In& in) {
         return square(op2("planted", in[0], in[1], kernels::add, [](const Pullback& p) { return Gradients{p.dy(), p.dy().row(0)}; }));
       },
       {x, b},
       wrong,
       "missing broadcast sum"});
  list.push_back(
      {"bias of the last row only",
       [](const In& in) {
         return square(op2("planted", in[0], in[1], kernels::add, [](const Pullback& p) { return Gradients{p.dy(), p.dy().row(-1)}; }));
       },
       {x, b},
       wrong,
       "missing broadcast sum"});
  list.push_back({"bias not summed at all",
                  [](const In& in) {
                    return square(op2("planted", in[0], in[1], kernels::add, [](const Pullback& p) { return Gradients{p.dy(), p.dy()}; }));
                  },
                  {x, b},
                  "wrong form",
                  "missing broadcast sum"});
  list.push_back({"row sums averaged",
                  [](const In& in) {
                    return square(op1(
                        "planted", in[0], [](const Array& a) { return kernels::sum(a, 1, false); },
                        [](const auto& p) {
                          return broadcast_to(reshape(p.dy(), {-1, 1}) / 3, p.input(0).shape());
                        }));
                  },
                  {x},
                  wrong,
                  "mean for sum"});
}

void append_transposed(std::vector<Planted>& list) {
  const Tensor a = some({3, 3}, 4), b = some({3, 3}, 5), wide = some({2, 3}, 6);
  list.push_back({"matmul: b not transposed",
                  [](const In& in) {
                    return op2(
                        "planted", tanh(in[0]), in[1], [](const Array& p, const Array& q) { return kernels::matmul(p, q); },
                        [](const Pullback& p) {
                          return Gradients{matmul(p.dy(), p.input(1)), matmul(p.input(0), p.dy(), {.a = true})};
                        });
                  },
                  {a, b},
                  wrong,
                  "transposed"});
  list.push_back({"matmul: a not transposed",
                  [](const In& in) {
                    return op2(
                        "planted", in[0], in[1], [](const Array& p, const Array& q) { return kernels::matmul(p, q); },
                        [](const Pullback& p) {
                          return Gradients{matmul(p.dy(), p.input(1), {.b = true}), matmul(p.input(0), p.dy())};
                        });
                  },
                  {a, b},
                  wrong,
                  "transposed"});
  list.push_back({"matmul: dy transposed",
                  [](const In& in) {
                    return op2(
                        "planted", in[0], in[1], [](const Array& p, const Array& q) { return kernels::matmul(p, q); },
                        [](const Pullback& p) {
                          return Gradients{matmul(transpose(p.dy()), p.input(1), {.b = true}), matmul(p.input(0), p.dy(), {.a = true})};
                        });
                  },
                  {a, b},
                  wrong,
                  "transposed"});
  list.push_back({"transpose: reshaped back",
                  [](const In& in) {
                    return square(op1(
                        "planted", in[0],
                        [](const Array& p) {
                          return kernels::permute(p, {1, 0});
                        },
                        [](const auto& p) { return reshape(p.dy(), p.input(0).shape()); }));
                  },
                  {wide},
                  wrong,
                  "transposed"});
  list.push_back({"matmul: gradient transposed",
                  [](const In& in) {
                    return op2(
                        "planted", in[0], in[1], [](const Array& p, const Array& q) { return kernels::matmul(p, q); },
                        [](const Pullback& p) {
                          return Gradients{transpose(matmul(p.dy(), p.input(1), {.b = true})), matmul(p.input(0), p.dy(), {.a = true})};
                        });
                  },
                  {a, b},
                  wrong,
                  "transposed"});
  list.push_back({"differences: forward in place of backward",
                  [](const In& in) {
                    // y_i = x_i - x_{i-1} around the corner; the transpose goes the other way.
                    const auto difference = [](const Array& x) {
                      Array y = x;
                      const std::size_t n = x.size();
                      for (std::size_t i = 0; i < n; ++i)
                        y.mutable_data<double>()[i] = x.data<double>()[i] - x.data<double>()[(i + n - 1) % n];
                      return y;
                    };
                    return square(
                        op1("planted", in[0], difference, [difference](const auto& p) { return Tensor(difference(p.dy().value())); }));
                  },
                  {some({5}, 7)},
                  wrong,
                  "transposed"});
  list.push_back({"matmul: gradient of the wrong orientation",
                  [](const In& in) {
                    return op2(
                        "planted", in[0], in[1], [](const Array& p, const Array& q) { return kernels::matmul(p, q); },
                        [](const Pullback& p) {
                          return Gradients{transpose(matmul(p.dy(), p.input(1), {.b = true})), matmul(p.input(0), p.dy(), {.a = true})};
                        });
                  },
                  {wide, b},
                  "wrong form",
                  "transposed"});
}

void append_mixed_up(std::vector<Planted>& list) {
  const Tensor x = some({2, 3}, 8), y = some({2, 3}, 9);
  list.push_back(
      {"exp that multiplies by x",
       [](const In& in) { return op1("planted", square(in[0]), kernels::exp, [](const auto& p) { return p.dy() * p.input(0); }); },
       {x},
       wrong,
       "output and input mixed up"});
  list.push_back({"tanh with 1 - x²",
                  [](const In& in) {
                    return op1("planted", square(in[0]), kernels::tanh, [](const auto& p) { return p.dy() * (1 - square(p.input(0))); });
                  },
                  {x},
                  wrong,
                  "output and input mixed up"});
  list.push_back(
      {"log that divides by y",
       [](const In& in) { return op1("planted", square(in[0]) + 2, kernels::log, [](const auto& p) { return p.dy() / p.output(); }); },
       {x},
       wrong,
       "output and input mixed up"});
  list.push_back({"mul by itself",
                  [](const In& in) {
                    return op2("planted", in[0], in[1], kernels::mul, [](const Pullback& p) {
                      return Gradients{p.dy() * p.input(0), p.dy() * p.input(0)};
                    });
                  },
                  {x, y},
                  wrong,
                  "output and input mixed up"});
  list.push_back(
      {"sub with both gradients swapped",
       [](const In& in) {
         return op2("planted", square(in[0]), square(in[1]), kernels::sub, [](const Pullback& p) { return Gradients{-p.dy(), p.dy()}; });
       },
       {x, y},
       wrong,
       "sign"});  // as much as a swap
  list.push_back({"div with both gradients swapped",
                  [](const In& in) {
                    return op2("planted", in[0], in[1], kernels::div, [](const Pullback& p) {
                      return Gradients{-(p.dy() * p.output() / p.input(1)), p.dy() / p.input(1)};
                    });
                  },
                  {x, y},
                  wrong,
                  "inputs swapped"});
}

void append_left_out(std::vector<Planted>& list) {
  const Tensor x = some({2, 3}, 10), line = some({5}, 11);
  list.push_back({"sigmoid without its slope",
                  [](const In& in) { return op1("planted", square(in[0]), kernels::sigmoid, [](const auto& p) { return p.dy(); }); },
                  {x},
                  wrong,
                  "local derivative left out"});
  list.push_back(
      {"no gradient for the second factor",
       [](const In& in) {
         return op2("planted", in[0], in[1], kernels::mul, [](const Pullback& p) { return Gradients{p.dy() * p.input(1), none}; });
       },
       {x, x},
       wrong,
       "no gradient"});
  list.push_back({"square that ignores dy",
                  [](const In& in) { return op1("planted", in[0], kernels::square, [](const auto& p) { return p.input(0) * 2; }); },
                  {x},
                  "not linear in dy",
                  "ignores dy"});
  list.push_back(
      {"a constant added to the gradient",
       [](const In& in) { return op1("planted", in[0], kernels::exp, [](const auto& p) { return p.dy() * p.output() + 1e-3; }); },
       {x},
       "not linear in dy",
       ""});
  list.push_back(
      {"the square of dy",
       [](const In& in) { return op1("planted", in[0], kernels::exp, [](const auto& p) { return square(p.dy()) * p.output(); }); },
       {x},
       "not linear in dy",
       ""});
  list.push_back({"softmax without its sum",
                  [](const In& in) {
                    return op1(
                        "planted", in[0], [](const Array& a) { return kernels::softmax(a, 1); },
                        [](const auto& p) { return p.dy() * p.output(); });
                  },
                  {x},
                  wrong,
                  ""});
  list.push_back({"flip that does not flip back",
                  [](const In& in) {
                    return square(op1(
                        "planted", in[0],
                        [](const Array& a) {
                          return kernels::slice(a, {{std::nullopt, std::nullopt, -1}});
                        },
                        [](const auto& p) { return p.dy(); }));
                  },
                  {line},
                  wrong,
                  "local derivative left out"});
  list.push_back({"roll one place too far",
                  [](const In& in) {
                    // x moved by one place; the gradient is handed back by two.
                    const auto moved = [](const Array& a, std::size_t by) {
                      Array y = a;
                      for (std::size_t i = 0; i < a.size(); ++i) y.mutable_data<double>()[(i + by) % a.size()] = a.data<double>()[i];
                      return y;
                    };
                    return square(op1(
                        "planted", in[0], [moved](const Array& a) { return moved(a, 1); },
                        [moved](const auto& p) { return Tensor(moved(p.dy().value(), p.dy().size() - 2)); }));
                  },
                  {line},
                  wrong,
                  "shifted"});
}

double accumulated = 0;

void append_impure(std::vector<Planted>& list) {
  const Tensor x = some({3}, 12);
  list.push_back({"forward with noise",
                  [](const In& in) {
                    return op1(
                        "planted", in[0],
                        [](const Array& a) { return kernels::add(a, random::normal(a.shape(), {.std = 1e-3, .dtype = float64}).value()); },
                        [](const auto& p) { return p.dy(); });
                  },
                  {x},
                  "not deterministic",
                  ""});
  list.push_back({"rule with noise",
                  [](const In& in) {
                    return op1("planted", in[0], kernels::exp, [](const auto& p) {
                      return p.dy() * p.output() * (1 + random::normal({}, {.std = 1e-3, .dtype = float64}));
                    });
                  },
                  {x},
                  "not deterministic",
                  ""});
  list.push_back({"gradient added to the last one",
                  [](const In& in) {
                    return op1("planted", in[0], kernels::neg, [](const auto& p) {
                      accumulated += 1;
                      return p.dy() * -accumulated;
                    });
                  },
                  {x},
                  "not deterministic",
                  "stale accumulation"});
  list.push_back({"forward that writes to its input",
                  [](const In& in) {
                    return op1(
                        "planted", in[0],
                        [](const Array& a) {
                          const_cast<double*>(a.data<double>())[0] = 0.25;
                          return kernels::mul(a, Array::scalar(2, float64));
                        },
                        [](const auto& p) { return p.dy() * 2; });
                  },
                  {x},
                  "input changed",
                  ""});
  list.push_back({"rule that writes to its input",
                  [](const In& in) {
                    return op1("planted", in[0], kernels::square, [](const auto& p) {
                      const Tensor g = p.dy() * p.input(0) * 2;
                      const_cast<double*>(p.input(0).value().template data<double>())[0] = 0.25;
                      return g;
                    });
                  },
                  {x},
                  "input changed",
                  ""});
}

void append_kinks_and_orders(std::vector<Planted>& list) {
  const Tensor at_kink = f64({1.0, 0.0, -1.0}), x = some({3}, 13);
  list.push_back({"abs with slope 2 at 0",
                  [](const In& in) {
                    return op1("planted", in[0], kernels::abs,
                               [](const auto& p) { return p.dy() * where(p.input(0) > 0.0, 1.0, where(p.input(0) < 0.0, -1.0, 2.0)); });
                  },
                  {at_kink},
                  "not differentiable",
                  "outside both slopes",
                  {.kinks = Kinks::allow}});
  list.push_back({"relu at 0, where kinks are refused",
                  [](const In& in) {
                    return op1("planted", in[0], kernels::relu, [](const auto& p) { return p.dy() * where(p.input(0) > 0.0, 1.0, 0.0); });
                  },
                  {at_kink},
                  "not differentiable",
                  ""});
  list.push_back({"cube whose slope left the tape",
                  [](const In& in) {
                    return op1(
                        "planted", in[0], [](const Array& a) { return kernels::mul(a, kernels::square(a)); },
                        [](const auto& p) { return p.dy() * (square(p.input(0)) * 3).detach(); });
                  },
                  {x},
                  wrong,
                  "left the tape",
                  {.order = 2}});
  list.push_back({"square, half of it off the tape",
                  [](const In& in) {
                    return op1(
                        "planted", in[0], [](const Array& a) { return kernels::mul(a, kernels::square(a)); },
                        [](const auto& p) { return p.dy() * p.input(0) * p.input(0).detach() * 3; });
                  },
                  {x},
                  wrong,
                  "left the tape",
                  {.order = 2}});
  list.push_back({"another factor where it is differentiated",
                  [](const In& in) {
                    return op1("planted", in[0], kernels::square,
                               [](const auto& p) { return p.dy() * p.input(0) * (p.differentiable() ? 3.0 : 2.0); });
                  },
                  {x},
                  "inconsistent",
                  "two answers",
                  {.order = 2}});
  list.push_back({"right rule that uses a wrong op",
                  [](const In& in) {
                    return record(
                        "innocent", "dx = dy·exp x", {in[0]}, [](const Inputs& i) { return kernels::exp(i[0]); },
                        [](const Pullback& p) {
                          return Gradients{p.dy() *
                                           op1("planted", p.input(0), kernels::exp, [](const auto& q) { return q.dy() * q.output() * 2; })};
                        });
                  },
                  {x},
                  wrong,
                  "constant factor",
                  {.order = 2}});
}

std::vector<Planted> planted_mistakes() {
  std::vector<Planted> list;
  append_signs_and_factors(list);
  append_sums_and_means(list);
  append_transposed(list);
  append_mixed_up(list);
  append_left_out(list);
  append_impure(list);
  append_kinks_and_orders(list);
  return list;
}

}  // namespace

TEST_CASE("planted mistakes are caught, and nearly all are named with their op and kind") {
  const std::vector<Planted> list = planted_mistakes();
  std::size_t named = 0;
  std::string table;
  for (const Planted& p : list) {
    const GradcheckReport report = gradcheck(p.f, p.inputs, p.options);
    CAPTURE(p.name, report.message());
    CHECK_FALSE(report.ok());
    const auto& d = report.details();
    CHECK(d.kind == p.kind);
    const bool right =
        d.op == "planted" && d.kind == p.kind && d.mistake == p.mistake && to_string(d.at).starts_with("planted_mistakes.cpp:");
    CHECK(d.op == "planted");
    CHECK(d.mistake == p.mistake);
    named += right && report.message().find("planted") != std::string::npos;
    table += fmt::format("{} {:<48} {} {} {}\n", right ? "yes" : "NO ", p.name, d.op, d.kind, d.mistake);
  }
  CAPTURE(table);
  CHECK(list.size() >= 40);
  CHECK(named >= 32);
}

TEST_CASE("the same functions with right rules pass") {
  const Tensor x = some({2, 3}, 1), b = some({3}, 3);
  const auto right = [](const In& in) {
    const Tensor t = op1("right", tanh(in[0]), kernels::square, [](const auto& p) { return p.dy() * p.input(0) * 2; });
    const Tensor s = op2("right", t, in[1], kernels::add, [](const Pullback& p) { return Gradients{p.dy(), sum(p.dy(), 0)}; });
    return op1(
        "right", s, [](const Array& a) { return kernels::softmax(a, 1); },
        [](const auto& p) { return p.output() * (p.dy() - sum(p.dy() * p.output(), 1, {.keepdims = true})); });
  };
  CHECK_THAT(gradcheck(right, {x, b}, {.order = 2}).message(), Catch::Contains("agree with numeric ones"));
}
