#include <reel/autograd/ops/einsum.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/detail/equation.hpp>
#include <reel/autograd/ops/matmul.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/autograd/ops/shape.hpp>

namespace reel {

namespace {

using detail::Equation;
using detail::Labels;

/// A tensor whose axes have distinct names.
struct Named {
  Tensor x;
  Labels labels;
};

bool contains(const Labels& labels, int label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

Labels operator+(Labels a, const Labels& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Tensor with_shape(const Tensor& x, const Shape& shape) { return x.shape() == shape ? x : reshape(x, shape); }

/// Reorders the axes.
Tensor ordered(const Named& t, const Labels& labels) {
  if (t.labels == labels) return t.x;
  Ints axes;
  for (const int label : labels) axes.push_back(std::find(t.labels.begin(), t.labels.end(), label) - t.labels.begin());
  return permute(t.x, axes);
}

class Contraction {
 public:
  Contraction(std::string_view text, const Equation& equation) : text_(text), equation_(equation) {}

  Tensor run(const std::vector<Tensor>& operands) {
    for (std::size_t i = 0; i < operands.size(); ++i)
      terms_.push_back(without_broadcast(without_repeats({operands[i], equation_.terms[i]})));
    while (terms_.size() > 1) join_cheapest();
    return ordered(summed(terms_[0], {}), equation_.output);
  }

 private:
  std::size_t length(int label) const { return equation_.lengths.at(label); }

  Shape shape_of(const Labels& labels) const {
    if (labels.size() > max_rank)
      throw ShapeError(fmt::format("einsum \"{}\": a step has {} axes; Reel's arrays have at most {}", text_, labels.size(), max_rank));
    Shape shape;
    for (const int label : labels) shape.push_back(length(label));
    return shape;
  }

  std::size_t elements(const Labels& labels) const {
    std::size_t product = 1;
    for (const int label : labels) product *= length(label);
    return product;
  }

  /// A name that occurs twice means the diagonal of its two axes: the elements n + 1 apart on one axis of n·n elements.
  Named without_repeats(Named t) const {
    for (std::size_t first = 0; first < t.labels.size(); ++first) {
      const int label = t.labels[first];
      const auto again = std::find(t.labels.begin() + static_cast<std::ptrdiff_t>(first) + 1, t.labels.end(), label);
      if (again == t.labels.end()) continue;
      const auto second = static_cast<std::size_t>(again - t.labels.begin());
      Ints axes;
      Labels labels;
      Shape flat;
      for (std::size_t axis = 0; axis < t.labels.size(); ++axis) {
        if (axis == first || axis == second) continue;
        axes.push_back(static_cast<std::ptrdiff_t>(axis));
        labels.push_back(t.labels[axis]);
        flat.push_back(t.x.shape()[axis]);
      }
      const std::size_t n = t.x.shape()[first];
      Slices diagonal = Slices::whole(flat.rank() + 1);
      diagonal[flat.rank()] = Slice(0, std::nullopt, static_cast<std::ptrdiff_t>(n) + 1);
      axes.push_back(static_cast<std::ptrdiff_t>(first));
      axes.push_back(static_cast<std::ptrdiff_t>(second));
      flat.push_back(n * n);
      labels.push_back(label);
      return without_repeats({slice(reshape(permute(t.x, axes), flat), diagonal), labels});
    }
    return t;
  }

  /// An axis of length 1 whose name has another length elsewhere is dropped: the other operands have it.
  Named without_broadcast(const Named& t) const {
    Labels labels;
    for (std::size_t axis = 0; axis < t.labels.size(); ++axis)
      if (t.x.shape()[axis] == length(t.labels[axis])) labels.push_back(t.labels[axis]);
    return {with_shape(t.x, shape_of(labels)), labels};
  }

  /// Sums over the axes that neither the result nor any of `others` has.
  Named summed(const Named& t, const std::vector<const Named*>& others) const {
    Ints axes;
    Labels kept;
    for (std::size_t axis = 0; axis < t.labels.size(); ++axis) {
      const int label = t.labels[axis];
      const bool is_needed = contains(equation_.output, label) ||
                             std::any_of(others.begin(), others.end(), [&](const Named* other) { return contains(other->labels, label); });
      if (is_needed) {
        kept.push_back(label);
      } else {
        axes.push_back(static_cast<std::ptrdiff_t>(axis));
      }
    }
    return axes.empty() ? t : Named{sum(t.x, axes), kept};
  }

  void join_cheapest() {
    std::size_t left = 0, right = 1;
    double best = -1;
    for (std::size_t i = 0; i < terms_.size(); ++i)
      for (std::size_t j = i + 1; j < terms_.size(); ++j) {
        double cost = 1;
        for (const int label : terms_[i].labels) cost *= static_cast<double>(length(label));
        for (const int label : terms_[j].labels)
          if (!contains(terms_[i].labels, label)) cost *= static_cast<double>(length(label));
        if (best >= 0 && cost >= best) continue;
        best = cost;
        left = i;
        right = j;
      }
    std::vector<const Named*> others;
    for (std::size_t i = 0; i < terms_.size(); ++i)
      if (i != left && i != right) others.push_back(&terms_[i]);
    std::vector<const Named*> for_left = others, for_right = others;
    for_left.push_back(&terms_[right]);
    for_right.push_back(&terms_[left]);
    Named joined = join(summed(terms_[left], for_left), summed(terms_[right], for_right), others);
    terms_[left] = std::move(joined);
    terms_.erase(terms_.begin() + static_cast<std::ptrdiff_t>(right));
  }

  /// The product of two, summed over the axes that both have and that are not needed elsewhere.
  Named join(const Named& a, const Named& b, const std::vector<const Named*>& others) const {
    Labels batch, contracted, a_free, b_free;
    for (const int label : a.labels) {
      const bool is_needed = contains(equation_.output, label) ||
                             std::any_of(others.begin(), others.end(), [&](const Named* other) { return contains(other->labels, label); });
      (!contains(b.labels, label) ? a_free : is_needed ? batch : contracted).push_back(label);
    }
    for (const int label : b.labels)
      if (!contains(a.labels, label)) b_free.push_back(label);
    const Labels result = batch + a_free + b_free;
    const Shape shape = shape_of(result);
    if (contracted.empty()) return {multiplied(a, b, batch, a_free, b_free), result};
    const std::size_t size = elements(batch), m = elements(a_free), k = elements(contracted), n = elements(b_free);
    // A permutation that leaves the last axis in its place copies runs; otherwise the product reads transposed.
    const bool ta = contains(a_free, a.labels.back()), tb = contains(contracted, b.labels.back());
    const Tensor x = ordered(a, ta ? batch + contracted + a_free : batch + a_free + contracted);
    const Tensor y = ordered(b, tb ? batch + b_free + contracted : batch + contracted + b_free);
    const auto matrices = [&](const Tensor& t, std::size_t rows, std::size_t columns, bool transposed) {
      if (transposed) std::swap(rows, columns);
      return with_shape(t, batch.empty() ? Shape{rows, columns} : Shape{size, rows, columns});
    };
    return {with_shape(matmul(matrices(x, m, k, ta), matrices(y, k, n, tb), {ta, tb}), shape), result};
  }

  /// No axis to sum over: an elementwise product, with each operand repeated over the axes that it does not have.
  Tensor multiplied(const Named& a, const Named& b, const Labels& batch, const Labels& a_free, const Labels& b_free) const {
    Shape left = shape_of(batch + a_free), right = shape_of(batch);
    for (std::size_t i = 0; i < b_free.size(); ++i) left.push_back(1);
    for (std::size_t i = 0; i < a_free.size(); ++i) right.push_back(1);
    for (const int label : b_free) right.push_back(length(label));
    return with_shape(ordered(a, batch + a_free), left) * with_shape(ordered(b, batch + b_free), right);
  }

  std::string_view text_;
  const Equation& equation_;
  std::vector<Named> terms_;
};

void check_dtypes(std::string_view equation, const std::vector<Tensor>& operands) {
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Dtype first = operands[0].dtype(), dtype = operands[i].dtype();
    if (dtype != first || !is_floating(dtype))
      throw DtypeError(
          fmt::format("einsum \"{}\": operand 0 is {} and operand {} is {}; all need float32, or all float64 (astype converts)", equation,
                      name_of(first), i, name_of(dtype)));
  }
}

}  // namespace

Tensor einsum(std::string_view equation, const std::vector<Tensor>& operands, SourceLocation at) {
  const CallSite site(at);
  if (operands.empty()) throw Error(fmt::format("einsum \"{}\": there are no operands ({})", equation, to_string(at)));
  for (const Tensor& t : operands)
    if (!t.defined()) located("einsum", t, [&] { t.value(); });
  return located("einsum", operands[0], [&] {
    check_dtypes(equation, operands);
    std::vector<Shape> shapes;
    for (const Tensor& t : operands) shapes.push_back(t.shape());
    const Equation parsed(equation, shapes);
    return Contraction(equation, parsed).run(operands);
  });
}

}  // namespace reel
