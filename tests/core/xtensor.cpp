#include <cstdint>
#include <utility>

#include <catch2/catch.hpp>
#include <reel/core/error.hpp>
#include <reel/core/xtensor.hpp>
#include <reel/testing/catch.hpp>
#if __has_include(<xtensor/generators/xbuilder.hpp>)  // since xtensor 0.26
#include <xtensor/core/xmath.hpp>
#include <xtensor/generators/xbuilder.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xbuilder.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xview.hpp>
#endif

using namespace reel;

namespace {

template <class A>
concept adaptable = requires(A&& a) {
  as_xtensor<float>(std::forward<A>(a));
};

}  // namespace

TEST_CASE("an Array lends its elements to xtensor without a copy") {
  const Array a = Array::range(0, 6).astype(float32).reshape({2, 3});
  const auto x = as_xtensor<float>(a);
  CHECK(static_cast<const void*>(x.data()) == a.raw());
  CHECK(x.dimension() == 2);
  CHECK(x.shape()[0] == 2);
  CHECK(x.shape()[1] == 3);
  CHECK(x(1, 0) == 3.0f);
  CHECK(xt::sum(x)() == 15.0f);
  static_assert(std::is_const_v<std::remove_reference_t<decltype(x(0, 0))>>);
  Array writable = a;
  const Array& read_only = writable;
  auto y = as_xtensor<float>(read_only);
  static_assert(std::is_const_v<std::remove_pointer_t<decltype(y.data())>>);
}

TEST_CASE("only an Array that lives on can be lent") {
  static_assert(adaptable<Array&> && adaptable<const Array&>);
  static_assert(!adaptable<Array> && !adaptable<const Array>);
  SUCCEED();
}

TEST_CASE("writing through xtensor leaves an Array's copies alone") {
  Array a = Array::full({2, 2}, 1);
  const Array b = a;
  auto x = as_xtensor<float>(a);
  x(0, 1) = 7;
  x *= 2;
  CHECK(a.at<float>({0, 1}) == 14.0f);
  CHECK(a.at<float>({1, 1}) == 2.0f);
  CHECK(identical(b, Array::full({2, 2}, 1)));
}

TEST_CASE("an adaptor has its Array's element type") {
  Array a = Array::zeros({2}, float64);
  CHECK_THROWS_AS(as_xtensor<float>(a), DtypeError);
  CHECK_THROWS_AS(as_xtensor<std::int64_t>(std::as_const(a)), DtypeError);
  CHECK(as_xtensor<double>(a).size() == 2);
}

TEST_CASE("scalars and empty Arrays are lent too") {
  const Array scalar = Array::scalar(3), missing = Array(), rows = Array::zeros({0, 4});
  CHECK(as_xtensor<float>(scalar).dimension() == 0);
  CHECK(as_xtensor<float>(scalar)() == 3.0f);
  CHECK(as_xtensor<float>(missing).size() == 0);
  CHECK(as_xtensor<float>(rows).shape()[1] == 4);
}

TEMPLATE_TEST_CASE("an Array takes a container over without a copy", "", float, double, std::int64_t, bool) {
  xt::xarray<TestType> dynamic = xt::zeros<TestType>({2, 3});
  dynamic(1, 2) = TestType(1);
  const void* const elements = dynamic.data();
  Array a = from_xtensor(std::move(dynamic));
  CHECK(a.raw() == elements);
  CHECK(a.shape() == Shape{2, 3});
  CHECK(a.dtype() == dtype_of<TestType>());
  CHECK(a.at<double>({1, 2}) == 1);
  CHECK(a.at<double>({0, 0}) == 0);

  xt::xtensor<TestType, 1> fixed = xt::ones<TestType>({5});
  const void* const fixed_elements = fixed.data();
  const Array b = from_xtensor(std::move(fixed));
  CHECK(b.raw() == fixed_elements);
  CHECK(identical(b, Array::full({5}, 1, dtype_of<TestType>())));

  // Copy on write and release work as with Reel's own memory.
  Array c = a;
  c.mutable_data<TestType>()[0] = TestType(1);
  CHECK(a.raw() == elements);
  CHECK(a.at<double>({0, 0}) == 0);
  a = Array();
  CHECK(c.at<double>({1, 2}) == 1);
}

TEST_CASE("a container that is kept is copied") {
  const xt::xarray<float> x = {{1, 2}, {3, 4}};
  const Array a = from_xtensor(x);
  CHECK(a.raw() != static_cast<const void*>(x.data()));
  CHECK(a.at<float>({1, 0}) == 3.0f);
}

TEST_CASE("column-major containers become row-major Arrays") {
  xt::xarray<float, xt::layout_type::column_major> fixed_layout = {{1, 2, 3}, {4, 5, 6}};
  const Array expected = Array::range(1, 7).astype(float32).reshape({2, 3});
  CHECK(identical(from_xtensor(std::move(fixed_layout)), expected));
  xt::xarray<float, xt::layout_type::dynamic> open_layout(std::vector<std::size_t>{2, 3}, xt::layout_type::column_major);
  open_layout = as_xtensor<float>(expected);
  CHECK(identical(from_xtensor(std::move(open_layout)), expected));
}

TEST_CASE("expressions are evaluated, and every integer type becomes int64") {
  const Array a = Array::range(0, 6).reshape({2, 3});
  const auto x = as_xtensor<std::int64_t>(a);
  CHECK(identical(from_xtensor(x * 2 + 1).reshape({-1}), Array::of<std::int64_t>({6}, std::vector<std::int64_t>{1, 3, 5, 7, 9, 11})));
  CHECK(identical(from_xtensor(xt::view(x, 1, xt::all())), Array::range(3, 6)));
  CHECK(from_xtensor(x > 2).dtype() == boolean);
  CHECK(from_xtensor(xt::cast<double>(x) / 2).at<double>({1, 2}) == 2.5);
  CHECK(identical(from_xtensor(xt::arange<int>(4)), Array::range(0, 4)));
  CHECK(identical(from_xtensor(xt::xarray<int>{0, 1, 2}), Array::range(0, 3)));
  const Array total = from_xtensor(xt::sum(x));
  CHECK(total.rank() == 0);
  CHECK(total.item<std::int64_t>() == 15);
  CHECK(from_xtensor(xt::xarray<float>(std::vector<std::size_t>{0, 3})).shape() == Shape{0, 3});
}

TEST_CASE("a container with too many axes is a ShapeError") {
  xt::xarray<float> deep = xt::zeros<float>(std::vector<std::size_t>(max_rank + 1, 1));
  CHECK_THROWS_AS(from_xtensor(std::move(deep)), ShapeError);
}
