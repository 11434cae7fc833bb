#include <reel/core/kernels/network/attention.hpp>

#include <algorithm>

#include <reel/core/kernels/manipulation.hpp>
#include <reel/core/kernels/network/softmax_row.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

/// Where the rows of a mask lie that broadcasts to `shape`: its last axis is as long as that of `shape`.
class MaskRows {
 public:
  MaskRows(const Shape& mask, const Shape& shape) : shape_(shape) {
    const Shape strides = strides_of(mask);
    const std::size_t offset = shape.rank() - mask.rank();
    for (std::size_t i = 0; i + 1 < shape.rank(); ++i) strides_.push_back(i < offset || mask[i - offset] == 1 ? 0 : strides[i - offset]);
  }
  std::size_t begin(std::size_t row) const {
    std::size_t at = 0;
    for (std::size_t axis = strides_.rank(); axis-- > 0; row /= shape_[axis]) at += row % shape_[axis] * strides_[axis];
    return at;
  }

 private:
  Shape shape_, strides_;
};

template <class T>
void weights_row(const T* scores, std::size_t n, std::size_t visible, T scale, const T* added, const bool* allowed, T* y) {
  constexpr T hidden = -std::numeric_limits<T>::infinity();
  if (added) {
    for (std::size_t i = 0; i < visible; ++i) y[i] = scores[i] * scale + added[i];
  } else if (allowed) {
    for (std::size_t i = 0; i < visible; ++i) y[i] = allowed[i] ? scores[i] * scale : hidden;
  } else {
    for (std::size_t i = 0; i < visible; ++i) y[i] = scores[i] * scale;
  }
  visible_softmax(y, n, visible);
}

template <class T>
void weights(const Array& scores, const Array* mask, AttentionScale options, Array& y) {
  const std::size_t n = y.shape().back(), queries = y.shape()[y.rank() - 2], rows = y.size() / n;
  const T* const from = scores.data<T>();
  T* const to = y.mutable_data<T>();
  const bool* const allowed = mask && mask->dtype() == boolean ? mask->data<bool>() : nullptr;
  const T* const added = mask && !allowed ? mask->data<T>() : nullptr;
  const MaskRows lines(mask ? mask->shape() : Shape{}, y.shape());
  parallel_for(rows, std::max<std::size_t>(1, (std::size_t{1} << 14) / n), [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      const std::size_t at = mask ? lines.begin(r) : 0;
      weights_row(from + r * n, n, options.causal ? std::min(n, r % queries + 1) : n, static_cast<T>(options.scale),
                  added ? added + at : nullptr, allowed ? allowed + at : nullptr, to + r * n);
    }
  });
}

}  // namespace

Array attention_weights(const Array& scores, const Array* mask, AttentionScale options) {
  Array y(scores.shape(), scores.dtype());
  if (y.size() == 0) return y;
  Array repeated;
  if (mask && (mask->rank() == 0 || mask->shape().back() != y.shape().back())) {
    Shape shape = mask->rank() == 0 ? Shape{1} : mask->shape();
    shape[shape.rank() - 1] = y.shape().back();
    repeated = broadcast_to(*mask, shape);
    mask = &repeated;
  }
  (y.dtype() == float32 ? weights<float> : weights<double>)(scores, mask, options, y);
  return y;
}

}  // namespace reel::kernels
