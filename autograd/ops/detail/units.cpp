#include <reel/autograd/ops/detail/units.hpp>

#include <cmath>

#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/reduce.hpp>

namespace reel::detail {

Units::Units(const Array& x, const Ints& axes, double eps) : eps_(eps) {
  if (x.size() == 0) return;
  const bool is_float = x.dtype() == float32;
  const double large = is_float ? 1e15 : 1e150, small = eps > (is_float ? 1e-30 : 1e-300) ? 0 : 1 / large;
  const Array most = kernels::max(kernels::abs(x), axes, true);
  Array units = Array::full(most.shape(), 1, float64), eps_of_runs = Array::full(most.shape(), eps, float64);
  bool any = false;
  for (std::size_t i = 0; i < most.size(); ++i) {
    const double size = most.as_double(i);
    if (!std::isfinite(size) || size == 0 || (size < large && size > small)) continue;
    any = true;
    const int exponent = std::ilogb(size);
    units.mutable_data<double>()[i] = std::ldexp(1, -exponent);
    eps_of_runs.mutable_data<double>()[i] = std::ldexp(eps, -2 * exponent);
  }
  if (!any) return;
  unit_ = Tensor(units.astype(x.dtype()));
  eps_of_runs_ = Tensor(eps_of_runs.astype(x.dtype()));
}

Tensor Units::scaled(const Tensor& x) const { return are_one() ? x : x * unit_; }

}  // namespace reel::detail
