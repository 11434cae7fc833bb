#include <reel/nn/plots.hpp>

#include <algorithm>
#include <cmath>

#include <reel/core/error.hpp>

namespace reel::plot {

Picture gradient_flow(nn::Module& model, const std::string& title, SourceLocation where) {
  std::vector<MagnitudeRow> rows;
  for (const auto& [name, parameter] : model.named_parameters()) {
    if (!parameter.has_grad()) continue;
    const Array& gradient = parameter.grad().value();
    MagnitudeRow row{name};
    double sum = 0;
    bool is_nan = false;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      const double size = std::abs(gradient.as_double(i));
      is_nan = is_nan || std::isnan(size);
      sum += size;
      row.largest = std::max(row.largest, size);
    }
    if (gradient.size() > 0) row.mean = sum / static_cast<double>(gradient.size());
    if (is_nan) row.largest = row.mean;  // which is NaN, too
    rows.push_back(row);
  }
  reel::detail::placed(where, [&] {
    if (rows.empty()) throw Error("gradient_flow: no parameter of the model has a gradient; call backward() before, and zero_grad() after");
  });
  return magnitudes(rows, title, where);
}

}  // namespace reel::plot
