#include <reel/core/kernels/network/self_attention.hpp>

#include <algorithm>
#include <vector>

#include <reel/core/kernels/linalg/gemm.hpp>
#include <reel/core/kernels/network/softmax_row.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

constexpr std::size_t block_rows = 128;  // queries at a time

/// One head of one sequence.
template <class T>
struct Head {
  std::size_t steps, width, row;  // row: from one step to the next, in qkv
  const T *q, *k, *v;
  AttentionScale options;

  std::size_t blocks() const { return (steps + block_rows - 1) / block_rows; }
  /// The number of keys that the queries before `end` see.
  std::size_t keys(std::size_t end) const { return options.causal ? end : steps; }

  /// The weights of the queries [begin, end), one row of keys(end) each.
  void weigh(std::size_t begin, std::size_t end, T* weights) const {
    const std::size_t n = keys(end);
    gemm(Gemm<T>{false, true, end - begin, n, width, q + begin * row, k, weights, nullptr, false, row, row, n});
    for (std::size_t i = begin; i < end; ++i) {
      T* const line = weights + (i - begin) * n;
      const std::size_t visible = options.causal ? i + 1 : n;
      for (std::size_t j = 0; j < visible; ++j) line[j] *= static_cast<T>(options.scale);
      visible_softmax(line, n, visible);
    }
  }

  void attend(T* y, std::size_t y_row, std::vector<T>& scratch) const {
    scratch.resize(std::min(steps, block_rows) * steps);
    for (std::size_t begin = 0; begin < steps; begin += block_rows) {
      const std::size_t end = std::min(steps, begin + block_rows), n = keys(end);
      weigh(begin, end, scratch.data());
      gemm(Gemm<T>{false, false, end - begin, width, n, scratch.data(), v, y + begin * y_row, nullptr, false, n, row, y_row});
    }
  }

  /// From the last block to the first: only the last one sees all keys, and sets what the others add to.
  void pull_back(const T* dy, std::size_t y_row, T* dq, T* dk, T* dv, std::vector<T>& scratch) const {
    const std::size_t most = std::min(steps, block_rows) * steps;
    scratch.resize(2 * most);
    T *const weights = scratch.data(), *const slopes = weights + most;
    for (std::size_t block = blocks(); block-- > 0;) {
      const std::size_t begin = block * block_rows, end = std::min(steps, begin + block_rows), m = end - begin, n = keys(end);
      const bool add = end != steps;
      const T* const d = dy + begin * y_row;
      weigh(begin, end, weights);
      gemm(Gemm<T>{true, false, n, width, m, weights, d, dv, nullptr, add, n, y_row, row});
      gemm(Gemm<T>{false, true, m, n, width, d, v, slopes, nullptr, false, y_row, row, n});
      for (std::size_t i = 0; i < m; ++i)
        softmax_backward_row(weights + i * n, slopes + i * n, n, static_cast<T>(options.scale), slopes + i * n);
      gemm(Gemm<T>{false, false, m, width, n, slopes, k, dq + begin * row, nullptr, false, n, row, row});
      gemm(Gemm<T>{true, false, n, width, m, slopes, q + begin * row, dk, nullptr, add, n, row, row});
    }
  }
};

/// Calls f(head, offset in qkv, offset in the result) for every head of every sequence.
template <class T, class F>
void for_each_head(const Array& qkv, std::size_t heads, AttentionScale options, const F& f) {
  const std::size_t row = qkv.shape().back(), d = row / 3, steps = qkv.shape()[qkv.rank() - 2], width = d / heads;
  if (qkv.size() == 0) return;
  const T* const data = qkv.data<T>();
  const std::size_t work = steps * steps * width;  // of one head, about
  parallel_for(qkv.size() / (steps * row) * heads, std::max<std::size_t>(1, (std::size_t{1} << 17) / work),
               [&](std::size_t begin, std::size_t end) {
                 for (std::size_t i = begin; i < end; ++i) {
                   const std::size_t in = i / heads * steps * row + i % heads * width, out = i / heads * steps * d + i % heads * width;
                   f(Head<T>{steps, width, row, data + in, data + in + d, data + in + 2 * d, options}, in, out);
                 }
               });
}

template <class T>
void run(const Array& qkv, std::size_t heads, AttentionScale options, Array& result) {
  T* const y = result.mutable_data<T>();
  for_each_head<T>(qkv, heads, options, [&](const Head<T>& head, std::size_t, std::size_t out) {
    thread_local std::vector<T> scratch;
    head.attend(y + out, result.shape().back(), scratch);
  });
}

template <class T>
void run_backward(const Array& qkv, const Array& slopes, std::size_t heads, AttentionScale options, Array& result) {
  const T* const dy = slopes.data<T>();
  T* const dx = result.mutable_data<T>();
  const std::size_t d = slopes.shape().back();
  for_each_head<T>(qkv, heads, options, [&](const Head<T>& head, std::size_t in, std::size_t out) {
    thread_local std::vector<T> scratch;
    head.pull_back(dy + out, d, dx + in, dx + in + d, dx + in + 2 * d, scratch);
  });
}

}  // namespace

Array self_attention(const Array& qkv, std::size_t heads, AttentionScale options) {
  Shape shape = qkv.shape();
  shape[shape.rank() - 1] /= 3;
  Array y(shape, qkv.dtype());
  (y.dtype() == float32 ? run<float> : run<double>)(qkv, heads, options, y);
  return y;
}

Array self_attention_backward(const Array& qkv, const Array& dy, std::size_t heads, AttentionScale options) {
  Array dx(qkv.shape(), qkv.dtype());
  (dx.dtype() == float32 ? run_backward<float> : run_backward<double>)(qkv, dy, heads, options, dx);
  return dx;
}

}  // namespace reel::kernels
