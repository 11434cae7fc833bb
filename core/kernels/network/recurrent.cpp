#include <reel/core/kernels/network/recurrent.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include <reel/core/kernels/linalg/gemm.hpp>
#include <reel/core/kernels/manipulation.hpp>
#include <reel/core/kernels/reduce.hpp>
#include <reel/core/kernels/simd/derivative_math.hpp>
#include <reel/core/kernels/simd/vec_math.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

template <class T>
Vec<T> sigmoid_of(Vec<T> x) {
  return 1 / (1 + exp(-x));
}

/// The arguments and results of a step's rule for some elements.
template <class Cell, class T>
struct StepBack {
  std::array<Vec<T>, Cell::kept> kept, d;  // d is the gradient with respect to what was kept, d[0] with all that later steps add to h
  Vec<T> h, c, dc;                         // the states before the step; what later steps add to c's gradient
};
template <class Cell, class T>
struct StepGradients {
  std::array<Vec<T>, Cell::gates> x, a;  // with respect to the inputs' and to the recurrent part of the gates
  Vec<T> h, c;                           // with respect to the states before, but for what goes through a
};

// A cell computes one step from x and a, the inputs' and the recurrent part of its gates. `same` says that the two parts are only added, so
// that they have the same gradient; `direct` says that the state before also enters the state after directly, not only through a.

/// A gate computed from its sum: the sigmoid, 1 minus the sigmoid, and its derivative, with all digits on both sides.
template <class P>
struct SigmoidGate {
  P value, rest, slope;

  explicit SigmoidGate(P sum) {
    const P e = exp(-abs(sum)), larger = 1 / (1 + e), smaller = e * larger;
    value = where(sum < 0, smaller, larger);
    rest = where(sum < 0, larger, smaller);
    slope = larger * smaller;
  }
};

struct LstmCell {
  static constexpr std::size_t gates = 4, kept = 6;
  static constexpr bool same = true, direct = false, has_c = true;

  template <class P>
  static std::array<P, kept> step(const std::array<P, gates>& x, const std::array<P, gates>& a, P, P c) {
    const P i = x[0] + a[0], f = x[1] + a[1], g = x[2] + a[2], o = x[3] + a[3], next = sigmoid_of(f) * c + sigmoid_of(i) * tanh(g);
    return {sigmoid_of(o) * tanh(next), next, i, f, g, o};
  }
  template <class T>
  static StepGradients<LstmCell, T> back(const StepBack<LstmCell, T>& s) {
    const SigmoidGate<Vec<T>> i(s.kept[2]), f(s.kept[3]), o(s.kept[5]);
    const TanhPair<Vec<T>> c = tanh_pair(s.kept[1]), g = tanh_pair(s.kept[4]);
    const Vec<T> dc = s.dc + s.d[1] + s.d[0] * o.value * c.slope;
    StepGradients<LstmCell, T> r;
    r.x = r.a = {dc * g.tanh * i.slope + s.d[2], dc * s.c * f.slope + s.d[3], dc * i.value * g.slope + s.d[4],
                 s.d[0] * c.tanh * o.slope + s.d[5]};
    r.h = Vec<T>(0);
    r.c = dc * f.value;
    return r;
  }
};

struct GruCell {
  static constexpr std::size_t gates = 3, kept = 5;
  static constexpr bool same = false, direct = true, has_c = false;

  template <class P>
  static std::array<P, kept> step(const std::array<P, gates>& x, const std::array<P, gates>& a, P h, P) {
    const P r = x[0] + a[0], z = x[1] + a[1], n = x[2] + sigmoid_of(r) * a[2], share = sigmoid_of(z);
    return {(1 - share) * tanh(n) + share * h, r, z, n, a[2]};
  }
  template <class T>
  static StepGradients<GruCell, T> back(const StepBack<GruCell, T>& s) {
    const SigmoidGate<Vec<T>> r(s.kept[1]), z(s.kept[2]);
    const TanhPair<Vec<T>> n = tanh_pair(s.kept[3]);
    const Vec<T> m = s.kept[4], dn = s.d[0] * z.rest * n.slope + s.d[3];
    const Vec<T> dr = dn * m * r.slope + s.d[1], dz = s.d[0] * (s.h - n.tanh) * z.slope + s.d[2];
    return {{dr, dz, dn}, {dr, dz, dn * r.value + s.d[4]}, s.d[0] * z.value, Vec<T>(0)};
  }
};

struct RnnTanhCell {
  static constexpr std::size_t gates = 1, kept = 2;
  static constexpr bool same = true, direct = false, has_c = false;

  template <class P>
  static std::array<P, kept> step(const std::array<P, gates>& x, const std::array<P, gates>& a, P, P) {
    const P sum = x[0] + a[0];
    return {tanh(sum), sum};
  }
  template <class T>
  static StepGradients<RnnTanhCell, T> back(const StepBack<RnnTanhCell, T>& s) {
    const Vec<T> d = s.d[0] * sech2(s.kept[1]) + s.d[1];
    return {{d}, {d}, Vec<T>(0), Vec<T>(0)};
  }
};

struct RnnReluCell {
  static constexpr std::size_t gates = 1, kept = 1;
  static constexpr bool same = true, direct = false, has_c = false;

  template <class P>
  static std::array<P, kept> step(const std::array<P, gates>& x, const std::array<P, gates>& a, P, P) {
    return {max(x[0] + a[0], P(0))};
  }
  template <class T>
  static StepGradients<RnnReluCell, T> back(const StepBack<RnnReluCell, T>& s) {
    const Vec<T> d = where(s.kept[0] > 0, s.d[0], Vec<T>(0));
    return {{d}, {d}, Vec<T>(0), Vec<T>(0)};
  }
};

/// out = f(in) over n elements of each, in SIMD vectors; the last, partial vector goes through padded copies.
template <class T, std::size_t In, std::size_t Out, class F>
void map_vecs(std::size_t n, const std::array<const T*, In>& in, const std::array<T*, Out>& out, const F& f) {
  constexpr std::size_t lanes = Vec<T>::lanes;
  std::array<Vec<T>, In> x;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::size_t k = 0; k < In; ++k) x[k] = Vec<T>::load(in[k] + i);
    const std::array<Vec<T>, Out> y = f(x);
    for (std::size_t k = 0; k < Out; ++k) y[k].store(out[k] + i);
  }
  if (i == n) return;
  alignas(64) T padded[lanes] = {};
  for (std::size_t k = 0; k < In; ++k) {
    std::copy_n(in[k] + i, n - i, padded);
    x[k] = Vec<T>::load(padded);
  }
  const std::array<Vec<T>, Out> y = f(x);
  for (std::size_t k = 0; k < Out; ++k) {
    y[k].store(padded);
    std::copy_n(padded, n - i, out[k] + i);
  }
}

/// A layer's arrays by their elements, and where things lie in them.
template <class Cell, class T>
struct Layer {
  std::size_t steps, batch, hidden;
  bool reverse;
  const T *x, *w, *b, *h0, *c0;
  const std::int64_t* lengths;

  Layer(const Recurrence& r)
      : steps(r.x.shape()[0]),
        batch(r.x.shape()[1]),
        hidden(r.h.shape()[1]),
        reverse(r.reverse),
        x(r.x.data<T>()),
        w(r.w.data<T>()),
        b(r.b ? r.b->data<T>() : nullptr),
        h0(r.h.data<T>()),
        c0(r.c ? r.c->data<T>() : r.h.data<T>()),
        lengths(r.lengths ? r.lengths->data<std::int64_t>() : nullptr) {}

  std::size_t time_of(std::size_t k) const { return reverse ? steps - 1 - k : k; }
  std::size_t block() const { return steps * batch * hidden; }
  std::size_t state_at(std::size_t t, std::size_t n) const { return (t * batch + n) * hidden; }
  std::size_t gates_at(std::size_t t, std::size_t n) const { return state_at(t, n) * Cell::gates; }
  bool is_over(std::size_t t, std::size_t n) const { return lengths && static_cast<std::int64_t>(t) >= lengths[n]; }

  /// State `which` (0: h, 1: c) of n before the k-th step.
  const T* before(const T* kept, std::size_t which, std::size_t k, std::size_t n) const {
    if (k == 0) return (which == 0 ? h0 : c0) + n * hidden;
    return kept + which * block() + state_at(time_of(k - 1), n);
  }
};

constexpr std::size_t chunk = 16;  // batch elements that go through all steps together; fixed, so that the bits are

/// Calls f(first, last) for the batch's chunks.
template <class F>
void for_chunks(std::size_t batch, std::size_t work, const F& f) {
  const std::size_t chunks = (batch + chunk - 1) / chunk;
  parallel_for(chunks, work < (std::size_t{1} << 15) ? chunks : 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) f(i * chunk, std::min(batch, (i + 1) * chunk));
  });
}

template <std::size_t N, class T>
std::array<Vec<T>, N> part(const Vec<T>* from) {
  std::array<Vec<T>, N> result;
  std::copy_n(from, N, result.begin());
  return result;
}

/// `w` is the weight transposed: (hidden, gates·hidden).
template <class Cell, class T>
void run(const Layer<Cell, T>& l, const T* w, T* kept, std::size_t first, std::size_t last) {
  constexpr std::size_t gates = Cell::gates;
  const std::size_t hidden = l.hidden, rows = last - first;
  std::vector<T> a(rows * gates * hidden);
  for (std::size_t k = 0; k < l.steps; ++k) {
    const std::size_t t = l.time_of(k);
    gemm(Gemm<T>{false, false, rows, gates * hidden, hidden, l.before(kept, 0, k, first), w, a.data(), l.b});
    for (std::size_t n = first; n < last; ++n) {
      const T *const h = l.before(kept, 0, k, n), *const c = Cell::has_c ? l.before(kept, 1, k, n) : h;
      std::array<T*, Cell::kept> out;
      for (std::size_t i = 0; i < Cell::kept; ++i) out[i] = kept + i * l.block() + l.state_at(t, n);
      if (l.is_over(t, n)) {
        for (std::size_t i = 0; i < Cell::kept; ++i) std::fill_n(out[i], hidden, T(0));
        std::copy_n(h, hidden, out[0]);
        if constexpr (Cell::has_c) std::copy_n(c, hidden, out[1]);
        continue;
      }
      std::array<const T*, 2 * gates + 2> in;
      for (std::size_t g = 0; g < gates; ++g) {
        in[g] = l.x + l.gates_at(t, n) + g * hidden;
        in[gates + g] = a.data() + (n - first) * gates * hidden + g * hidden;
      }
      in[2 * gates] = h;
      in[2 * gates + 1] = c;
      map_vecs<T>(hidden, in, out, [](const auto& v) {
        return Cell::step(part<gates>(v.data()), part<gates>(v.data() + gates), v[2 * gates], v[2 * gates + 1]);
      });
    }
  }
}

/// The arrays that receive the gradients. `a` is that of the recurrent part of the gates: x itself where both are the same.
template <class T>
struct Targets {
  T *x, *a, *h, *c;
};

/// One step of one batch element backwards: reads dh and dc, the gradients of the states after it, and leaves in `direct` and dc those
/// of the states before, but for what goes through the gates.
template <class Cell, class T>
void step_back(const Layer<Cell, T>& l, const T* kept, const T* dkept, const Targets<T>& to, std::size_t k, std::size_t n, const T* dh,
               T* direct, T* dc) {
  constexpr std::size_t gates = Cell::gates, K = Cell::kept;
  const std::size_t t = l.time_of(k), hidden = l.hidden, at = l.state_at(t, n);
  if (l.is_over(t, n)) {
    std::fill_n(to.x + l.gates_at(t, n), gates * hidden, T(0));
    if (!Cell::same) std::fill_n(to.a + l.gates_at(t, n), gates * hidden, T(0));
    for (std::size_t i = 0; i < hidden; ++i) direct[i] = dh[i] + dkept[at + i];
    if (Cell::has_c)
      for (std::size_t i = 0; i < hidden; ++i) dc[i] += dkept[l.block() + at + i];
    return;
  }
  std::array<const T*, 2 * K + 4> in;
  for (std::size_t i = 0; i < K; ++i) {
    in[i] = kept + i * l.block() + at;
    in[K + i] = dkept + i * l.block() + at;
  }
  in[2 * K] = l.before(kept, 0, k, n);
  in[2 * K + 1] = Cell::has_c ? l.before(kept, 1, k, n) : in[2 * K];
  in[2 * K + 2] = dh;
  in[2 * K + 3] = dc;
  constexpr std::size_t gradients = Cell::same ? gates : 2 * gates;
  std::array<T*, gradients + 2> out;
  for (std::size_t g = 0; g < gradients; ++g) out[g] = (g < gates ? to.x : to.a) + l.gates_at(t, n) + g % gates * hidden;
  out[gradients] = direct;
  out[gradients + 1] = dc;
  map_vecs<T>(hidden, in, out, [](const auto& v) {
    StepBack<Cell, T> s{part<K>(v.data()), part<K>(v.data() + K), v[2 * K], v[2 * K + 1], v[2 * K + 3]};
    s.d[0] = s.d[0] + v[2 * K + 2];
    const StepGradients<Cell, T> g = Cell::back(s);
    std::array<Vec<T>, gradients + 2> result;
    std::copy_n(g.x.begin(), gates, result.begin());
    if constexpr (!Cell::same) std::copy_n(g.a.begin(), gates, result.begin() + gates);
    result[gradients] = g.h;
    result[gradients + 1] = g.c;
    return result;
  });
}

template <class Cell, class T>
void run_back(const Layer<Cell, T>& l, const T* kept, const T* dkept, const Targets<T>& to, std::size_t first, std::size_t last) {
  const std::size_t hidden = l.hidden, rows = last - first;
  std::vector<T> dh(rows * hidden), dc(rows * hidden), direct(rows * hidden);
  for (std::size_t k = l.steps; k-- > 0;) {
    for (std::size_t n = first; n < last; ++n) {
      const std::size_t at = (n - first) * hidden;
      step_back(l, kept, dkept, to, k, n, dh.data() + at, direct.data() + at, dc.data() + at);
    }
    gemm(Gemm<T>{false, false, rows, hidden, Cell::gates * hidden, to.a + l.gates_at(l.time_of(k), first), l.w, dh.data()});
    if (Cell::direct || l.lengths)
      for (std::size_t i = 0; i < rows * hidden; ++i) dh[i] += direct[i];
  }
  std::copy(dh.begin(), dh.end(), to.h + first * hidden);
  if (Cell::has_c) std::copy(dc.begin(), dc.end(), to.c + first * hidden);
}

/// h before every step, (steps, batch, hidden).
template <class Cell, class T>
std::vector<T> states_before(const Layer<Cell, T>& l, const T* kept) {
  const std::size_t one = l.batch * l.hidden;
  std::vector<T> result(l.block());
  const std::size_t shifted = l.block() - one;
  std::copy_n(kept + (l.reverse ? one : 0), shifted, result.data() + (l.reverse ? 0 : one));
  std::copy_n(l.h0, one, result.data() + (l.reverse ? shifted : 0));
  return result;
}

template <class Cell, class T>
RecurrentGradients pull_back(const Recurrence& r, const Array& kept, const Array& dkept) {
  const Layer<Cell, T> l(r);
  RecurrentGradients g{Array(r.x.shape(), r.x.dtype()), Array(r.w.shape(), r.x.dtype()), Array(r.h.shape(), r.x.dtype()), {}, {}};
  if (Cell::has_c) g.c = Array(r.h.shape(), r.x.dtype());
  Array a;
  if (!Cell::same) a = Array(r.x.shape(), r.x.dtype());
  T* const dx = g.x.mutable_data<T>();
  const Targets<T> to{dx, Cell::same ? dx : a.mutable_data<T>(), g.h.mutable_data<T>(), Cell::has_c ? g.c.mutable_data<T>() : nullptr};
  for_chunks(l.batch, l.block(),
             [&](std::size_t first, std::size_t last) { run_back(l, kept.data<T>(), dkept.data<T>(), to, first, last); });
  // dW = Σ daᵀ·h over all steps at once.
  const std::vector<T> before = states_before(l, kept.data<T>());
  gemm(Gemm<T>{true, false, Cell::gates * l.hidden, l.hidden, l.steps * l.batch, to.a, before.data(), g.w.mutable_data<T>()});
  if (r.b) g.b = sum(Cell::same ? g.x : a, {0, 1}, false);
  return g;
}

/// Calls f with a value of the cell's type and one of the element type.
template <class F>
auto dispatch(const Recurrence& r, const F& f) {
  const auto typed = [&](auto cell) { return r.x.dtype() == float32 ? f(cell, float{}) : f(cell, double{}); };
  switch (r.cell) {
    case RecurrentCell::lstm: return typed(LstmCell{});
    case RecurrentCell::gru: return typed(GruCell{});
    case RecurrentCell::rnn_tanh: return typed(RnnTanhCell{});
    default: return typed(RnnReluCell{});
  }
}

}  // namespace

std::size_t gates_of(RecurrentCell cell) { return cell == RecurrentCell::lstm ? 4 : cell == RecurrentCell::gru ? 3 : 1; }
std::size_t kept_by(RecurrentCell cell) {
  switch (cell) {
    case RecurrentCell::lstm: return LstmCell::kept;
    case RecurrentCell::gru: return GruCell::kept;
    case RecurrentCell::rnn_tanh: return RnnTanhCell::kept;
    default: return RnnReluCell::kept;
  }
}

Array recurrent(const Recurrence& r) {
  return dispatch(r, [&]<class C, class T>(C, T) {
    const Layer<C, T> l(r);
    Array kept(Shape{C::kept, l.steps, l.batch, l.hidden}, r.x.dtype());
    if (kept.size() == 0) return kept;
    T* const to = kept.mutable_data<T>();
    const Array w = permute(r.w, {1, 0});  // once, rather than in each step
    for_chunks(l.batch, l.block(), [&](std::size_t first, std::size_t last) { run(l, w.data<T>(), to, first, last); });
    return kept;
  });
}

RecurrentGradients recurrent_backward(const Recurrence& r, const Array& kept, const Array& dkept) {
  if (kept.size() == 0) {
    const auto zeros = [](const Array* like) { return like ? Array::zeros(like->shape(), like->dtype()) : Array(); };
    return {zeros(&r.x), zeros(&r.w), zeros(&r.h), zeros(r.c), zeros(r.b)};
  }
  return dispatch(r, [&]<class C, class T>(C, T) { return pull_back<C, T>(r, kept, dkept); });
}

}  // namespace reel::kernels
