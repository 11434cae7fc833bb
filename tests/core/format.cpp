#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <reel/core/error.hpp>
#include <reel/core/format.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;

// The expected texts are NumPy 2.2's, with precision 4 unless another one is given.

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

Array doubles(const std::vector<double>& values) { return Array::of<double>({values.size()}, values); }
Array floats(const std::vector<double>& values) { return doubles(values).astype(float32); }

}  // namespace

TEST_CASE("columns align at the decimal point and show only the digits that are needed") {
  CHECK(to_string(floats({1, 2.5, -3.125})) == "[ 1.     2.5   -3.125]");
  CHECK(to_string(Array::range(0, 6).astype(float32).reshape({2, 3})) == "[[0. 1. 2.]\n [3. 4. 5.]]");
  CHECK(to_string(floats({0.1, 1.0 / 3, 2.0 / 3})) == "[0.1    0.3333 0.6667]");
  CHECK(to_string(floats({0.1, 1.0 / 3, 2.0 / 3}), {.precision = 8}) == "[0.1        0.33333334 0.6666667 ]");
  CHECK(to_string(doubles({-0.0, 0.0})) == "[-0.  0.]");
  CHECK(to_string(floats({74728792})) == "[74728792.]");
}

TEST_CASE("integers and bools align to the right") {
  Array a = Array::range(0, 12).reshape({2, 2, 3});
  for (std::size_t i = 0; i < 12; ++i) a.mutable_data<std::int64_t>()[i] *= -7;
  CHECK(to_string(a) ==
        "[[[  0  -7 -14]\n"
        "  [-21 -28 -35]]\n"
        "\n"
        " [[-42 -49 -56]\n"
        "  [-63 -70 -77]]]");
  const bool flags[] = {true, false, false, true};
  CHECK(to_string(Array::of<bool>({2, 2}, flags)) == "[[ True False]\n [False  True]]");
  const std::int64_t extremes[] = {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  CHECK(to_string(Array::of<std::int64_t>({2}, extremes)) == "[-9223372036854775808  9223372036854775807]");
}

TEST_CASE("blocks of more axes stand further apart") {
  CHECK(to_string(Array::zeros({2, 2, 2, 2})) ==
        "[[[[0. 0.]\n"
        "   [0. 0.]]\n"
        "\n"
        "  [[0. 0.]\n"
        "   [0. 0.]]]\n"
        "\n"
        "\n"
        " [[[0. 0.]\n"
        "   [0. 0.]]\n"
        "\n"
        "  [[0. 0.]\n"
        "   [0. 0.]]]]");
}

TEST_CASE("scientific notation where sizes demand it") {
  CHECK(to_string(floats({1e-5, 1})) == "[1.e-05 1.e+00]");
  CHECK(to_string(doubles({1, 1001})) == "[1.000e+00 1.001e+03]");
  CHECK(to_string(doubles({1, 1000})) == "[   1. 1000.]");
  CHECK(to_string(doubles({1e8, -1})) == "[ 1.e+08 -1.e+00]");
  CHECK(to_string(doubles({99999999})) == "[99999999.]");
  CHECK(to_string(doubles({1e100, 1, -2.5e-7})) == "[ 1.0e+100  1.0e+000 -2.5e-007]");
  CHECK(to_string(doubles({123456, 2})) == "[1.2346e+05 2.0000e+00]");
  CHECK(to_string(doubles({1e-5, 0.5}), {.suppress_small = true}) == "[0.  0.5]");
}

TEST_CASE("nan and infinities align with the numbers") {
  CHECK(to_string(floats({not_a_number, 1.5, inf, -inf})) == "[ nan  1.5  inf -inf]");
  CHECK(to_string(doubles({not_a_number, not_a_number})) == "[nan nan]");
  CHECK(to_string(doubles({not_a_number, 1e-6})) == "[   nan 1.e-06]");
}

TEST_CASE("long rows wrap") {
  Array a({30}, float64);
  for (std::size_t i = 0; i < 30; ++i) a.mutable_data<double>()[i] = static_cast<double>(i) / 29;
  CHECK(to_string(a) ==
        "[0.     0.0345 0.069  0.1034 0.1379 0.1724 0.2069 0.2414 0.2759 0.3103\n"
        " 0.3448 0.3793 0.4138 0.4483 0.4828 0.5172 0.5517 0.5862 0.6207 0.6552\n"
        " 0.6897 0.7241 0.7586 0.7931 0.8276 0.8621 0.8966 0.931  0.9655 1.    ]");
  CHECK(to_string(Array::range(100, 103), {.line_width = 1}) == "[100\n 101\n 102]");
}

TEST_CASE("large arrays show their edges") {
  CHECK(to_string(Array::range(0, 1000)).find("...") == std::string::npos);
  CHECK(to_string(Array::range(0, 1001)) == "[   0    1    2 ...  998  999 1000]");
  CHECK(to_string(Array::range(0, 2000).astype(float32).reshape({40, 50})) ==
        "[[0.000e+00 1.000e+00 2.000e+00 ... 4.700e+01 4.800e+01 4.900e+01]\n"
        " [5.000e+01 5.100e+01 5.200e+01 ... 9.700e+01 9.800e+01 9.900e+01]\n"
        " [1.000e+02 1.010e+02 1.020e+02 ... 1.470e+02 1.480e+02 1.490e+02]\n"
        " ...\n"
        " [1.850e+03 1.851e+03 1.852e+03 ... 1.897e+03 1.898e+03 1.899e+03]\n"
        " [1.900e+03 1.901e+03 1.902e+03 ... 1.947e+03 1.948e+03 1.949e+03]\n"
        " [1.950e+03 1.951e+03 1.952e+03 ... 1.997e+03 1.998e+03 1.999e+03]]");
  CHECK(to_string(Array::range(0, 343).reshape({7, 7, 7}), {.threshold = 10, .edge_items = 1}) ==
        "[[[  0 ...   6]\n"
        "  ...\n"
        "  [ 42 ...  48]]\n"
        "\n"
        " ...\n"
        "\n"
        " [[294 ... 300]\n"
        "  ...\n"
        "  [336 ... 342]]]");
  CHECK(to_string(Array::range(1000, 1200).astype(float64).reshape({4, 50}), {.threshold = 100, .line_width = 40}) ==
        "[[1000. 1001. 1002. ... 1047. 1048.\n"
        "  1049.]\n"
        " [1050. 1051. 1052. ... 1097. 1098.\n"
        "  1099.]\n"
        " [1100. 1101. 1102. ... 1147. 1148.\n"
        "  1149.]\n"
        " [1150. 1151. 1152. ... 1197. 1198.\n"
        "  1199.]]");
}

TEST_CASE("empty arrays and scalars") {
  CHECK(to_string(Array()) == "[]");
  CHECK(to_string(Array::zeros({2, 0, 3})) == "[]");
  CHECK(to_string(Array::scalar(0.5)) == "0.5");
  CHECK(to_string(Array::scalar(1.0 / 3, float64)) == "0.3333333333333333");
  CHECK(to_string(Array::scalar(1.0 / 3)) == "0.33333334");
  CHECK(to_string(Array::scalar(-7, int64)) == "-7");
  CHECK(to_string(Array::scalar(1, boolean)) == "True");
}

TEST_CASE("one number in as few digits as give it back") {
  CHECK(shortest(0.0) == "0.0");
  CHECK(shortest(-2.5) == "-2.5");
  CHECK(shortest(0.1) == "0.1");
  CHECK(shortest(0.1f) == "0.1");
  CHECK(shortest(1e-4) == "0.0001");
  CHECK(shortest(1e-4f) == "1e-04");
  CHECK(shortest(1e-5) == "1e-05");
  CHECK(shortest(1e15) == "1000000000000000.0");
  CHECK(shortest(71496728.0f) == "71496730.0");
  CHECK(shortest(1e16) == "1e+16");
  CHECK(shortest(5e-324) == "5e-324");
  CHECK(shortest(1.7976931348623157e308) == "1.7976931348623157e+308");
  CHECK(shortest(not_a_number) == "nan");
  CHECK(shortest(-inf) == "-inf");
}

TEST_CASE("arrays print through fmt") {
  const Array a = floats({0.1, 1.0 / 3});
  CHECK(fmt::format("a = {}", a) == "a = [0.1    0.3333]");
  CHECK(fmt::format("{:.2}|{:.0}", a, floats({1.5})) == "[0.1  0.33]|[2.]");
  CHECK_THROWS_WITH(fmt::format(fmt::runtime("{:x}"), a), "an array's format is {}, {:.N} or a number's, such as {:.4f}");
  CHECK_THROWS_AS(fmt::format(fmt::runtime("{:.}"), a), fmt::format_error);
}

TEST_CASE("dtypes print through fmt") { CHECK(fmt::format("{}, {:>8}", float64, boolean) == "float64,     bool"); }

TEST_CASE("print options that make no sense are errors") {
  CHECK_THROWS_AS(to_string(Array(), {.precision = -1}), Error);
  CHECK_THROWS_WITH(to_string(Array(), {.precision = -1}), "to_string: precision is -1; it is a number of digits, 0 or more");
  CHECK_THROWS_WITH(to_string(Array(), {.edge_items = 0}), "to_string: edge_items is 0; at least one element is shown at each edge");
}
