#include <cmath>
#include <limits>

#include <catch2/catch.hpp>
#include <reel/core/io/png.hpp>
#include <reel/core/plot/picture.hpp>

#include "temporary_folder.hpp"

using namespace reel;

namespace {

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

bool contains(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

template <class E, class Action>
std::string text_of(const Action& action) {
  try {
    action();
  } catch (const E& error) {
    return without_place(error.what());
  }
  return "no error";
}

Array counts(std::initializer_list<std::int64_t> values, std::size_t n) {
  return Array::of<std::int64_t>({n, n}, std::vector<std::int64_t>(values));
}

/// RFC 4648, as far as an SVG's images need it.
std::string from_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0, held = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = (bits << 6U | static_cast<std::uint32_t>(digits.find(c))) & 0xFFFFFFU;
    if ((held += 6) < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xFFU);
  }
  return bytes;
}

}  // namespace

TEST_CASE("a confusion matrix has its numbers, names and a shade by the share of the row") {
  const std::string svg = plot::confusion_matrix(counts({9, 1, 0, 0}, 2), {.title = "Cats & dogs", .names = {"cat", "dog"}}).svg();
  CHECK(contains(svg, "Cats &amp; dogs"));
  CHECK(contains(svg, ">9</text>"));
  CHECK(count(svg, ">cat</text>") == 2);                          // beside its row, below its column
  CHECK(count(svg, "fill=\"#ffffff\" stroke=\"#dddddd\"") == 2);  // a row without samples is white
  CHECK(count(svg, " fill=\"#ffffff\">9<") == 1);                 // white on dark
  CHECK(contains(plot::confusion_matrix(counts({9, 1, 0, 0}, 2)).svg(), ">1</text>"));
  CHECK(text_of<ShapeError>([] {
          plot::confusion_matrix(Array::zeros({2, 3}));
        }) == "confusion_matrix: counts are (2, 3); it needs (classes, classes)");
  CHECK(text_of<Error>([] {
          plot::confusion_matrix(counts({1}, 1), {.names = {"a", "b"}});
        }) == "confusion_matrix: there are 2 names for 1 classes");
}

TEST_CASE("an image grid holds each image as PNG data, enlarged by a whole number") {
  Array images({3, 1, 2, 4}, float32);
  for (int i = 0; i < 24; ++i) images.mutable_data<float>()[i] = static_cast<float>(i) / 23;
  const std::string svg = plot::image_grid(images, {.labels = {"a", "<"}, .columns = 2, .size = 8}).svg();
  CHECK(count(svg, "<image ") == 3);
  CHECK(count(svg, "width=\"8\" height=\"4\" href=") == 3);
  CHECK(contains(svg, ">&lt;</text>"));
  if (io::can_read_png()) {
    const std::size_t begin = svg.find("base64,") + 7;
    const Array first = io::parse_png(from_base64(svg.substr(begin, svg.find('"', begin) - begin)), "image");
    REQUIRE(first.shape() == Shape{1, 4, 8});
    for (std::size_t y = 0; y < 4; ++y)
      for (std::size_t x = 0; x < 8; ++x)
        CHECK(first.at<float>({0, y, x}) == Approx(images.at<float>({0, 0, y / 2, x / 2})).margin(0.5 / 255));
  }
  CHECK(plot::image_grid(images, {.low = 5, .high = 5}).svg() == plot::image_grid(images).svg());  // its own range is 0 to 1
  CHECK_THROWS_AS(plot::image_grid(Array::zeros({1, 2, 3, 3})), ShapeError);
  CHECK_THROWS_AS(plot::image_grid(Array::zeros({0, 1, 3, 3})), ShapeError);
  CHECK_THROWS_AS(plot::image_grid(images, {.labels = {"a", "b", "c", "d"}}), Error);
}

TEST_CASE("points are scattered in a colour for each class") {
  const Array points = Array::of<double>({3, 2}, std::vector<double>{0, 0, 1, 1, 2, 0});
  const Array classes = Array::of<std::int64_t>({3}, std::vector<std::int64_t>{0, 2, 0});
  const std::string svg = plot::scatter_by_class(points, classes, {"zero", "one", "two"}).svg();
  CHECK(count(svg, "class=\"scatter\"") == 2);  // nobody is in class 1
  CHECK(contains(svg, ">two</text>"));
  CHECK_FALSE(contains(svg, ">one</text>"));
  CHECK(text_of<Error>([&] { plot::scatter_by_class(points, classes, {"zero"}); }) ==
        "scatter_by_class: class 2 at position 1 is out of range for 1 names");
  CHECK_THROWS_AS(plot::scatter_by_class(points, points), ShapeError);
  // More classes than either palette has.
  Array many({40}, int64);
  for (int i = 0; i < 40; ++i) many.mutable_data<std::int64_t>()[i] = i;
  CHECK(count(plot::scatter_by_class(Array::zeros({40, 2}), many).svg(), "class=\"scatter\"") == 40);
}

TEST_CASE("a band is an area in the colour of the line after it, with a gap where a number is missing") {
  const std::vector<double> x{0, 1, 2, 3, 4, 5}, low{0, 0, 0, 0, 0, 0}, high{1, 2, std::nan(""), 2, 1, 9};
  plot::Figure figure;
  figure.band(x, low, high, {.label = "±σ"}).line(x, low, {.label = "mean"});
  const std::string svg = figure.svg();
  const std::size_t begin = svg.find("<g class=\"band\">");
  REQUIRE(begin != std::string::npos);
  const std::string band = svg.substr(begin, svg.find("</g>", begin) - begin);
  CHECK(count(band, "M") == 2);
  CHECK(count(band, "Z") == 2);
  CHECK(contains(band, "fill=\"#0072b2\" fill-opacity=\"0.2\""));
  CHECK(contains(svg, "stroke=\"#0072b2\""));
  CHECK(contains(svg, ">8<"));  // the axis reaches to the band's top
  CHECK_THROWS_AS(figure.band(x, low, std::vector<double>{1}), ShapeError);
  CHECK_THROWS_AS(figure.band(std::vector<double>{1}, low, low), ShapeError);
}

TEST_CASE("magnitudes have a bar for what can be drawn and a word for what cannot") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  const std::string svg =
      plot::magnitudes({{"a.weight", 1e-3, 1e-2}, {"a.bias", 0, 0}, {"b", nan, nan}, {"c", infinity, infinity}}, "Gradients").svg();
  for (const char* const text : {">a.weight<", ">0</text>", ">NaN</text>", ">infinite</text>", ">10⁻³<"}) CHECK(contains(svg, text));
  CHECK(count(svg, "fill=\"#a9cbe6\"") == 2);  // the legend's and the one bar
  CHECK_THROWS_AS(plot::magnitudes({}, ""), Error);
}

TEST_CASE("figures are arranged in rows") {
  const plot::Figure small({.width = 200, .height = 150}), large({.width = 300, .height = 250});
  const plot::Picture picture = plot::arrange({small, large, small}, 2);
  CHECK(contains(picture.svg(), "width=\"500\" height=\"400\""));
  CHECK(contains(picture.svg(), "<svg x=\"200\" y=\"0\""));
  CHECK(contains(picture.svg(), "<svg x=\"0\" y=\"250\""));
  CHECK(count(picture.svg(), "<?xml") == 1);
  const TemporaryFolder folder;
  picture.save(folder.path("a.svg"));
  CHECK(folder.names() == std::vector<std::string>{"a.svg"});
  CHECK_THROWS_AS(plot::arrange({}), Error);
  CHECK_THROWS_AS(plot::arrange({small}, 0), Error);
}
