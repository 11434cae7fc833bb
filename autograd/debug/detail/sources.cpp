#include <reel/autograd/debug/detail/sources.hpp>

#include <algorithm>
#include <cmath>

#include <reel/autograd/debug/detail/analysis.hpp>

namespace reel::debug {

std::optional<std::size_t> first_nonfinite(const Array& array) {
  std::optional<std::size_t> found;
  if (!is_floating(array.dtype())) return found;
  visit(array.dtype(), [&](auto t) {
    if constexpr (std::is_floating_point_v<decltype(t)>) {
      const auto elements = array.span<decltype(t)>();
      for (std::size_t i = 0; i < elements.size() && !found; ++i)
        if (!std::isfinite(elements[i])) found = i;
    }
  });
  return found;
}

namespace {

std::vector<std::size_t> nonfinite_positions(const Array& array) {
  std::vector<std::size_t> found;
  if (!is_floating(array.dtype())) return found;
  for (std::size_t i = 0; i < array.size(); ++i)
    if (!std::isfinite(array.as_double(i))) found.push_back(i);
  return found;
}

constexpr double stand_ins[] = {0.5, 1.5, -0.5};

/// Whether the op's element is finite (not NaN, for Nonfinite::nan) if the input elements that are not finite (are NaN) are replaced by
/// some number, except the elements `kept` of input `kept_input`.
bool is_good_without(const OpJacobian& local, std::size_t position, Nonfinite which, std::size_t kept_input = npos,
                     const std::vector<std::size_t>& kept = {}) {
  for (const double value : stand_ins) {
    std::vector<Array> inputs;
    for (std::size_t k = 0; k < local.inputs(); ++k)
      inputs.push_back(without_nonfinite(local.input(k), value, which, k == kept_input ? kept : std::vector<std::size_t>()));
    const Array y = local.with(inputs);
    if (position >= y.size()) continue;
    if (which == Nonfinite::nan ? !std::isnan(y.as_double(position)) : std::isfinite(y.as_double(position))) return true;
  }
  return false;
}

bool is_finite_without(const OpJacobian& local, std::size_t position, std::size_t kept_input = npos,
                       const std::vector<std::size_t>& kept = {}) {
  return is_good_without(local, position, Nonfinite::any, kept_input, kept);
}

std::optional<Source> find_source(const OpJacobian& local, std::size_t position) {
  for (std::size_t k = 0; k < local.inputs(); ++k) {
    std::vector<std::size_t> suspects = nonfinite_positions(local.input(k));
    if (suspects.empty()) continue;
    // For an elementwise op it is the element at the same position.
    if (local.input(k).shape() == local.output().shape() && std::binary_search(suspects.begin(), suspects.end(), position) &&
        !is_finite_without(local, position, k, {position}))
      return Source{k, position};
    if (is_finite_without(local, position, k, suspects)) continue;
    while (suspects.size() > 1) {
      const auto middle = suspects.begin() + static_cast<std::ptrdiff_t>(suspects.size() / 2);
      std::vector<std::size_t> half(suspects.begin(), middle);
      suspects = is_finite_without(local, position, k, half) ? std::vector<std::size_t>(middle, suspects.end()) : std::move(half);
    }
    return Source{k, suspects[0]};
  }
  return std::nullopt;
}

bool takes_nonfinite(const OpJacobian& local) {
  for (std::size_t k = 0; k < local.inputs(); ++k)
    if (first_nonfinite(local.input(k))) return true;
  return false;
}

}  // namespace

std::optional<Source> source_of(const OpJacobian& local, std::size_t position) {
  if (!takes_nonfinite(local) || !is_finite_without(local, position)) return std::nullopt;
  return find_source(local, position);
}

bool is_born_at(const Run& run, std::size_t entry, std::size_t position) {
  if (!run.is_op(entry)) return true;
  const OpJacobian local(run, entry);
  if (!takes_nonfinite(local)) return true;
  // inf - inf makes a NaN from numbers that are not NaN, wherever the infinities come from.
  const bool is_nan = std::isnan(run.value(entry).as_double(position));
  return !is_good_without(local, position, is_nan ? Nonfinite::nan : Nonfinite::any);
}

}  // namespace reel::debug
