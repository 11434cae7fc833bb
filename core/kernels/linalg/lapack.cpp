#include <reel/core/kernels/linalg/lapack.hpp>

#include <algorithm>
#include <cstddef>

namespace {

// The Fortran symbols, which every LAPACK has. The lengths of text arguments come last, as gfortran passes them.
using Int = const int*;
using Text = const char*;
using Length = std::size_t;

template <class T>
using Getrf = void(Int m, Int n, T* a, Int lda, int* pivots, int* info);
template <class T>
using Getri = void(Int n, T* a, Int lda, Int pivots, T* work, Int lwork, int* info);
template <class T>
using Getrs = void(Text trans, Int n, Int columns, const T* a, Int lda, Int pivots, T* b, Int ldb, int* info, Length);
template <class T>
using Potrf = void(Text uplo, Int n, T* a, Int lda, int* info, Length);
template <class T>
using Trsm = void(Text side, Text uplo, Text trans, Text diag, Int m, Int n, const T* alpha, const T* a, Int lda, T* b, Int ldb, Length,
                  Length, Length, Length);
template <class T>
using Syevd = void(Text jobz, Text uplo, Int n, T* a, Int lda, T* w, T* work, Int lwork, int* iwork, Int liwork, int* info, Length, Length);
template <class T>
using Gesdd = void(Text jobz, Int m, Int n, T* a, Int lda, T* s, T* u, Int ldu, T* vt, Int ldvt, T* work, Int lwork, int* iwork, int* info,
                   Length);
template <class T>
using Geqrf = void(Int m, Int n, T* a, Int lda, T* tau, T* work, Int lwork, int* info);
template <class T>
using Orgqr = void(Int m, Int n, Int k, T* a, Int lda, const T* tau, T* work, Int lwork, int* info);

extern "C" {
Getrf<float> sgetrf_;
Getri<float> sgetri_;
Getrs<float> sgetrs_;
Potrf<float> spotrf_;
Trsm<float> strsm_;
Syevd<float> ssyevd_;
Gesdd<float> sgesdd_;
Geqrf<float> sgeqrf_;
Orgqr<float> sorgqr_;
Getrf<double> dgetrf_;
Getri<double> dgetri_;
Getrs<double> dgetrs_;
Potrf<double> dpotrf_;
Trsm<double> dtrsm_;
Syevd<double> dsyevd_;
Gesdd<double> dgesdd_;
Geqrf<double> dgeqrf_;
Orgqr<double> dorgqr_;
}

template <class T>
struct Symbols;
template <>
struct Symbols<float> {
  static constexpr auto getrf = sgetrf_;
  static constexpr auto getri = sgetri_;
  static constexpr auto getrs = sgetrs_;
  static constexpr auto potrf = spotrf_;
  static constexpr auto trsm = strsm_;
  static constexpr auto syevd = ssyevd_;
  static constexpr auto gesdd = sgesdd_;
  static constexpr auto geqrf = sgeqrf_;
  static constexpr auto orgqr = sorgqr_;
};
template <>
struct Symbols<double> {
  static constexpr auto getrf = dgetrf_;
  static constexpr auto getri = dgetri_;
  static constexpr auto getrs = dgetrs_;
  static constexpr auto potrf = dpotrf_;
  static constexpr auto trsm = dtrsm_;
  static constexpr auto syevd = dsyevd_;
  static constexpr auto gesdd = dgesdd_;
  static constexpr auto geqrf = dgeqrf_;
  static constexpr auto orgqr = dorgqr_;
};

/// Calls f(work, its length) twice: first with length -1, which returns the needed length in work[0], then with a workspace of that length.
template <class T, class F>
void with_work(std::vector<T>& work, const F& f) {
  T length = 0;
  f(&length, -1);
  const int n = static_cast<int>(length) + 1;  // float32 may have rounded it down
  if (work.size() < static_cast<std::size_t>(n)) work.resize(static_cast<std::size_t>(n));
  f(work.data(), n);
}

}  // namespace

namespace reel::kernels::lapack {

template <class T>
int getrf(int n, T* a, int* pivots) {
  int info = 0;
  Symbols<T>::getrf(&n, &n, a, &n, pivots, &info);
  return info;
}

template <class T>
int getri(int n, T* a, const int* pivots, Work<T>& work) {
  int info = 0;
  with_work(work, [&](T* w, int length) { Symbols<T>::getri(&n, a, &n, pivots, w, &length, &info); });
  return info;
}

template <class T>
void getrs(bool transposed, int n, int columns, const T* factors, const int* pivots, T* b) {
  int info = 0;
  Symbols<T>::getrs(transposed ? "T" : "N", &n, &columns, factors, &n, pivots, b, &n, &info, 1);
}

template <class T>
int potrf(int n, T* a) {
  int info = 0;
  Symbols<T>::potrf("U", &n, a, &n, &info, 1);
  return info;
}

template <class T>
void trsm_right(bool upper, bool transposed, int rows, int n, const T* a, T* b) {
  const T one = 1;
  Symbols<T>::trsm("R", upper ? "U" : "L", transposed ? "T" : "N", "N", &rows, &n, &one, a, &n, b, &rows, 1, 1, 1, 1);
}

template <class T>
int syevd(int n, T* a, T* values, Work<T>& work) {
  int info = 0;
  std::vector<int> integers(1);
  with_work(work, [&](T* w, int length) {
    const int count = length < 0 ? -1 : static_cast<int>(integers.size());
    Symbols<T>::syevd("V", "L", &n, a, &n, values, w, &length, integers.data(), &count, &info, 1, 1);
    if (length < 0) integers.resize(static_cast<std::size_t>(integers[0]));
  });
  return info;
}

template <class T>
int gesdd(int m, int n, T* a, T* s, T* u, T* vt, Work<T>& work) {
  int info = 0;
  const int k = std::min(m, n);
  std::vector<int> integers(static_cast<std::size_t>(k) * 8);
  with_work(work,
            [&](T* w, int length) { Symbols<T>::gesdd("S", &m, &n, a, &m, s, u, &m, vt, &k, w, &length, integers.data(), &info, 1); });
  return info;
}

template <class T>
void geqrf(int m, int n, T* a, T* tau, Work<T>& work) {
  int info = 0;
  with_work(work, [&](T* w, int length) { Symbols<T>::geqrf(&m, &n, a, &m, tau, w, &length, &info); });
}

template <class T>
void orgqr(int m, int k, T* a, const T* tau, Work<T>& work) {
  int info = 0;
  with_work(work, [&](T* w, int length) { Symbols<T>::orgqr(&m, &k, &k, a, &m, tau, w, &length, &info); });
}

template int getrf(int, float*, int*);
template int getrf(int, double*, int*);
template int getri(int, float*, const int*, Work<float>&);
template int getri(int, double*, const int*, Work<double>&);
template void getrs(bool, int, int, const float*, const int*, float*);
template void getrs(bool, int, int, const double*, const int*, double*);
template int potrf(int, float*);
template int potrf(int, double*);
template void trsm_right(bool, bool, int, int, const float*, float*);
template void trsm_right(bool, bool, int, int, const double*, double*);
template int syevd(int, float*, float*, Work<float>&);
template int syevd(int, double*, double*, Work<double>&);
template int gesdd(int, int, float*, float*, float*, float*, Work<float>&);
template int gesdd(int, int, double*, double*, double*, double*, Work<double>&);
template void geqrf(int, int, float*, float*, Work<float>&);
template void geqrf(int, int, double*, double*, Work<double>&);
template void orgqr(int, int, float*, const float*, Work<float>&);
template void orgqr(int, int, double*, const double*, Work<double>&);

}  // namespace reel::kernels::lapack
