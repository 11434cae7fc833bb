#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/gradcheck.hpp>
#include <reel/autograd/gradcheck/problem.hpp>
#include <reel/autograd/record.hpp>

namespace reel::detail {

namespace {

/// How an op's inputs are filled.
enum class Fill { random, zeros, ties, large, tiny };

constexpr const char* name_of(Fill fill) {
  switch (fill) {
    case Fill::random: return "random numbers";
    case Fill::zeros: return "zeros";
    case Fill::ties: return "ties";
    case Fill::large: return "large numbers";
    default: return "tiny numbers";
  }
}

Array filled(const Shape& shape, Fill fill, const GradcheckOpOptions& options, std::uint64_t seed) {
  const double low = std::max(options.low, -2.0), high = std::min(options.high, 2.0);
  Array x(shape, float64);
  // ±0.5 to ±1.5 in steps of 1/64, and something in between, so that there are no accidental ties. One more than needed: for a single
  // element the weight would be 1.
  const Array coarse = random_weights({x.size() + 1}, float64, seed), between = random_weights({x.size() + 1}, float64, seed + 1000);
  auto* const data = x.mutable_data<double>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    data[i] = coarse.as_double(i) + (between.as_double(i) - 0.01 * static_cast<double>(i % 7)) / 200;
    const double from_0_to_1 = (data[i] + 1.5) / 3, middle = (low + high) / 2;
    switch (fill) {
      case Fill::random: data[i] = low + (high - low) * (0.02 + 0.96 * from_0_to_1); break;
      case Fill::zeros: data[i] = 0; break;
      case Fill::ties: data[i] = middle + (high - middle) * 0.25; break;
      case Fill::large: data[i] = data[i] * 1e3; break;
      case Fill::tiny: data[i] = data[i] * 1e-5; break;
    }
  }
  return x;
}

bool lies_within(const Array& x, const GradcheckOpOptions& options) {
  const auto values = x.span<double>();
  return std::all_of(values.begin(), values.end(), [&](double v) { return v > options.low && v < options.high; });
}

std::vector<std::vector<Shape>> shapes_for(std::size_t inputs) {
  const std::vector<std::vector<Shape>> one{{Shape{}}, {{1}}, {{0, 3}}, {{17}}, {{3, 5}}, {{2, 1, 2, 1, 3}}};
  const std::vector<std::vector<Shape>> two{{Shape{}, Shape{}}, {{3, 5}, {3, 5}}, {{1}, {2, 3}},   {{2, 3}, {3}},
                                            {{3, 1}, {1, 4}},   {{0, 3}, {1, 3}}, {{17}, Shape{}}, {{2, 1, 2, 1, 3}, {1, 2, 1, 2, 1}}};
  if (inputs == 1) return one;
  std::vector<std::vector<Shape>> result = two;
  for (std::vector<Shape>& shapes : result)
    while (shapes.size() < inputs) shapes.push_back(shapes[shapes.size() % 2]);
  return result;
}

/// Whether a report is about a point at which the op has no derivative that could be wrong.
bool is_open(const GradcheckReport::Details& d) {
  return (d.kind == "not differentiable" && d.mistake.empty()) || d.kind == "too uncertain";
}

}  // namespace

GradcheckReport gradcheck_op(TensorFunctionRef f, const GradcheckOpOptions& options, SourceLocation at) {
  if (options.inputs == 0 || !(options.low < options.high))
    throw Error(fmt::format("gradcheck_op: {} inputs from {} to {}; it needs at least one, and a range ({})", options.inputs, options.low,
                            options.high, to_string(at)));
  const auto all_shapes = options.shapes.empty() ? shapes_for(options.inputs) : options.shapes;
  const GradcheckOptions each{
      .order = options.order, .rtol = options.rtol, .atol = options.atol, .seed = options.seed, .kinks = options.kinks};
  GradcheckReport::Details result{.ok = true};
  std::size_t passed = 0;
  for (const std::vector<Shape>& shapes : all_shapes) {
    for (const Fill fill : {Fill::random, Fill::zeros, Fill::ties, Fill::large, Fill::tiny}) {
      std::vector<Tensor> inputs;
      bool inside = true;
      std::string where = std::string(name_of(fill)) + " of shape";
      for (const Shape& shape : shapes) {
        const Array x = filled(shape, fill, options, options.seed + 31 * inputs.size() + 1);
        inside = inside && lies_within(x, options);
        where += (inputs.empty() ? " " : ", ") + to_string(shape);
        inputs.push_back(variable(Tensor(x)));
      }
      if (!inside) continue;
      const GradcheckReport report = gradcheck(f, inputs, {}, each, at);
      const auto& d = report.details();
      for (const std::string& open : d.not_proved) result.not_proved.push_back(where + ": " + open);
      if (report.ok()) {
        ++passed;
      } else if (fill != Fill::random && options.kinks == Kinks::allow && is_open(d)) {
        result.not_proved.push_back(where + ": " + d.message.substr(0, d.message.find('\n')));
      } else {
        result = d;
        result.message += "  with " + where + "\n";
        return GradcheckReport(std::move(result));
      }
    }
  }
  result.order = options.order;
  result.seed = options.seed;
  result.message = fmt::format("right in {} cases of shapes and values, to order {}\n", passed, options.order);
  for (const std::string& open : result.not_proved) result.message += "  not proved: " + open + "\n";
  return GradcheckReport(std::move(result));
}

}  // namespace reel::detail

namespace reel {

GradcheckReport gradcheck_op(Tensor (*op)(Operand), GradcheckOpOptions options, SourceLocation at) {
  return gradcheck_op([op, at](const Tensor& x) { return op(Operand(x, at)); }, std::move(options), at);
}

GradcheckReport gradcheck_op(Tensor (*op)(Operand, Operand), GradcheckOpOptions options, SourceLocation at) {
  return gradcheck_op([op, at](const Tensor& a, const Tensor& b) { return op(Operand(a, at), Operand(b, at)); }, std::move(options), at);
}

}  // namespace reel
