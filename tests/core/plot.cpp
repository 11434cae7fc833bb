#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <reel/core/error.hpp>
#include <reel/core/plot/color.hpp>
#include <reel/core/plot/figure.hpp>
#include <reel/core/plot/geometry.hpp>
#include <reel/core/plot/text.hpp>
#include <reel/core/plot/ticks.hpp>

using namespace reel;
using namespace reel::plot::detail;
using plot::Figure;
using plot::LegendPosition;
using Numbers = std::vector<double>;
using Texts = std::vector<std::string>;
using Catch::Contains;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Holder {
  Array array;
  const Array& value() const { return array; }
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

/// What is between `open` and the next `close`; empty when `open` is not there.
std::string between(const std::string& text, const std::string& open, const std::string& close) {
  const std::size_t at = text.find(open);
  if (at == std::string::npos) return {};
  const std::size_t from = at + open.size();
  return text.substr(from, text.find(close, from) - from);
}

std::string group(const std::string& svg, const std::string& name) { return between(svg, "<g class=\"" + name + "\">", "\n</g>\n<"); }

std::string legend(const std::string& svg) { return between(svg, "<g class=\"legend\">", "</svg>"); }

/// The contents of all <text> elements of `part`.
Texts texts(const std::string& part) {
  Texts found;
  for (std::size_t at = part.find("<text"); at != std::string::npos; at = part.find("<text", at + 1)) {
    const std::size_t from = part.find('>', at) + 1;
    found.push_back(part.substr(from, part.find('<', from) - from));
  }
  return found;
}

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == ':'; }

/// A complaint about a run of text or an attribute's value, or nothing.
std::string check_characters(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<' || (static_cast<unsigned char>(text[i]) < 0x20 && text[i] != '\n')) return "forbidden character in: " + text;
    if (text[i] != '&') continue;
    const std::string entity = text.substr(i + 1, text.find(';', i) - i - 1);
    if (entity != "amp" && entity != "lt" && entity != "gt" && entity != "quot" && entity != "#39") return "entity &" + entity;
  }
  return {};
}

/// Checks the attributes in a tag from `at` to its end, each ` name="value"`, no name twice.
std::string check_attributes(const std::string& tag, std::size_t at) {
  Texts names;
  while (at < tag.size() && tag[at] == ' ') {
    const std::size_t equals = tag.find("=\"", at), end = tag.find('"', equals + 2);
    if (equals == std::string::npos || end == std::string::npos) return "attribute in <" + tag;
    names.push_back(tag.substr(at + 1, equals - at - 1));
    for (const char c : names.back())
      if (!is_name(c)) return "attribute name in <" + tag;
    if (std::count(names.begin(), names.end(), names.back()) > 1) return "attribute twice in <" + tag;
    if (std::string wrong = check_characters(tag.substr(equals + 2, end - equals - 2)); !wrong.empty()) return wrong;
    at = end + 1;
  }
  return tag.substr(at).empty() || tag.substr(at) == "/" ? "" : "end of <" + tag;
}

/// What is wrong with `xml`, as far as figures use XML: elements nested, one root, attributes quoted and unique. Empty when it is
/// well-formed.
std::string malformed(const std::string& xml) {
  const std::string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  if (xml.rfind(declaration, 0) != 0) return "no declaration";
  Texts open;
  std::size_t at = declaration.size(), roots = 0;
  while (at < xml.size()) {
    const std::size_t tag = std::min(xml.find('<', at), xml.size());
    const std::string text = xml.substr(at, tag - at);
    if (std::string wrong = check_characters(text); !wrong.empty()) return wrong;
    if (open.empty() && text.find_first_not_of('\n') != std::string::npos) return "text outside the root: " + text;
    if (tag == xml.size()) break;
    const std::size_t end = xml.find('>', tag);  // escaped in values
    if (end == std::string::npos) return "tag without end";
    const std::string body = xml.substr(tag + 1, end - tag - 1);
    std::size_t name = body[0] == '/' ? 1 : 0;
    while (name < body.size() && is_name(body[name])) ++name;
    if (body[0] == '/') {
      if (open.empty() || open.back() != body.substr(1)) return "</" + body.substr(1) + " closes nothing";
      open.pop_back();
    } else {
      if (open.empty() && roots++ == 1) return "a second root";
      if (std::string wrong = check_attributes(body, name); !wrong.empty()) return wrong;
      if (body.back() != '/') open.push_back(body.substr(0, name));
    }
    at = end + 1;
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the checker of these tests finds malformed XML") {
  const std::string start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  CHECK(malformed(start + "<a b=\"1\"><c/>x &amp; y</a>\n").empty());
  for (const char* bad :
       {"<a>", "<a></b>", "<a/><b/>", "<a b=1/>", "<a b=\"1\" b=\"2\"/>", "<a>&</a>", "<a>\x01</a>", "<a b=\"<\"/>", "x<a/>"})
    CHECK_FALSE(malformed(start + bad).empty());
}

TEST_CASE("nice_ticks gives round numbers inside the limits") {
  CHECK(nice_ticks(0, 1) == Numbers{0, 0.2, 0.4, 0.6, 0.8, 1});
  CHECK(nice_ticks(0, 100, 5) == Numbers{0, 20, 40, 60, 80, 100});
  CHECK(nice_ticks(-0.3, 0.31) == Numbers{-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3});
  CHECK(nice_ticks(-4.9, 14.9) == Numbers{-2.5, 0, 2.5, 5, 7.5, 10, 12.5});
  CHECK(nice_ticks(1e-7, 5e-7) == Numbers{1e-7, 2e-7, 3e-7, 4e-7, 5e-7});
  CHECK(nice_ticks(0, 1e9) == Numbers{0, 2e8, 4e8, 6e8, 8e8, 1e9});
}

TEST_CASE("ticks of whole numbers are whole") {
  CHECK(nice_ticks(1, 3, 6, true) == Numbers{1, 2, 3});
  CHECK(nice_ticks(0.9, 1.1, 6, true) == Numbers{1});
  CHECK(nice_ticks(0.24, 20.76, 7, true) == Numbers{5, 10, 15, 20});  // 2.5, 5, 7.5, ... otherwise
  CHECK(nice_ticks(-40, 1040, 6, true) == Numbers{0, 200, 400, 600, 800, 1000});
  for (int last = 2; last < 300; ++last) {
    const double n = last, margin = 0.04 * (n - 1);
    const Numbers ticks = nice_ticks(1 - margin, n + margin, 7, true);
    INFO("1 to " << last);
    REQUIRE(ticks.size() >= 2);
    for (const double tick : ticks) REQUIRE(tick == std::round(tick));
  }
}

TEST_CASE("nice_ticks gives four to eight ticks for every range") {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> exponent(-280, 290), unit(-1, 1);
  for (int i = 0; i < 20000; ++i) {
    const double scale = std::pow(10, exponent(random)), middle = 10 * unit(random) * scale,
                 half = (0.001 + std::abs(unit(random))) * scale;
    const double low = middle - half, high = middle + half;
    const int asked = 5 + i % 3;
    const Numbers ticks = nice_ticks(low, high, asked);
    INFO(low << " to " << high << ", " << asked);
    REQUIRE(ticks.size() >= 4);
    REQUIRE(ticks.size() <= 8);
    REQUIRE(ticks.front() >= low - 1e-5 * half);
    REQUIRE(ticks.back() <= high + 1e-5 * half);
    const Texts labels = label_ticks(ticks).texts;
    for (std::size_t k = 1; k < labels.size(); ++k) REQUIRE(labels[k] != labels[k - 1]);
  }
}

TEST_CASE("ticks need limits that differ") {
  CHECK_THROWS_WITH(nice_ticks(1, 1), "nice_ticks: limits 1 and 1 must be finite, in rising order and further apart than rounding");
  CHECK_THROWS_WITH(nice_ticks(2, 1), Contains("limits 2 and 1"));
  CHECK_THROWS_WITH(nice_ticks(0, infinity), Contains("limits 0 and inf"));
  CHECK_THROWS_WITH(nice_ticks(not_a_number, 1), Contains("limits nan and 1"));
  CHECK_THROWS_WITH(nice_ticks(1, 1 + 1e-15), Contains("further apart than rounding"));
  CHECK_THROWS_WITH(log_ticks(0, 1), "log_ticks: the lower limit 0 must be positive");
}

TEST_CASE("tick labels have the decimals of the step and share a power of ten") {
  CHECK(label_ticks({0, 0.2, 0.4, 0.6, 0.8, 1}).texts == Texts{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"});
  CHECK(label_ticks({-2.5, 0, 2.5}).texts == Texts{"−2.5", "0.0", "2.5"});
  CHECK(label_ticks({0, 50000, 100000}).texts == Texts{"0", "50000", "100000"});
  CHECK(label_ticks({0.1 + 0.2, 0.4}).texts == Texts{"0.3", "0.4"});
  const TickLabels tiny = label_ticks({0, 5e-8, 1e-7});
  CHECK(tiny.texts == Texts{"0.0", "0.5", "1.0"});
  CHECK(tiny.note == "×10⁻⁷");
  const TickLabels large = label_ticks({0, 1e9, 2e9});
  CHECK(large.texts == Texts{"0", "1", "2"});
  CHECK(large.note == "×10⁹");
  const TickLabels offset = label_ticks({1e9 + 0.5, 1e9 + 1, 1e9 + 1.5});
  CHECK(offset.texts == Texts{"0.5", "1.0", "1.5"});
  CHECK(offset.note == "+ 1000000000");
  CHECK(label_ticks({3}).texts == Texts{"3"});
  CHECK(label_ticks({}).texts.empty());
}

TEST_CASE("log ticks are decades, thinned or filled as the range needs") {
  CHECK(log_ticks(0.5, 2000).major == Numbers{1, 10, 100, 1000});
  CHECK(log_ticks(0.5, 2000).minor.size() == 5 + 3 * 8 + 1);
  CHECK(log_ticks(3, 300).major == Numbers{5, 10, 20, 50, 100, 200});
  CHECK(log_ticks(1.1, 1.9).major == nice_ticks(1.1, 1.9));
  CHECK(log_ticks(1e-18, 1, 6).major == Numbers{1e-16, 1e-12, 1e-8, 1e-4, 1});
  CHECK(label_log_ticks({0.01, 0.1, 1}).texts == Texts{"0.01", "0.1", "1"});
  CHECK(label_log_ticks({1e-7, 1e-6, 1}).texts == Texts{"10⁻⁷", "10⁻⁶", "10⁰"});
  for (int power = -30; power < 30; ++power) CHECK(log_ticks(std::pow(10, power - 8), std::pow(10, power + 8), 6).major.size() <= 8);
  CHECK(label_log_ticks({1e9, 2e9, 5e9}).texts == Texts{"10⁹", "2×10⁹", "5×10⁹"});
  CHECK(label_log_ticks({1.2, 1.4, 1.6}).texts == Texts{"1.2", "1.4", "1.6"});
}

TEST_CASE("text is escaped, and what is not UTF-8 is replaced") {
  CHECK(escape("a<b> & \"c\" 'd'") == "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
  CHECK(escape("训练 ℓ(θ) 😀") == "训练 ℓ(θ) 😀");
  CHECK(escape("a\tb\nc\x01") == "a b c\uFFFD");
  CHECK(escape("\x7F\uFFFE\u0085") == "\uFFFD\uFFFD\uFFFD");
  CHECK(escape("\xFFz\xC3") == "\uFFFDz\uFFFD");
  CHECK(escape("\xC0\xAF") == "\uFFFD\uFFFD");            // overlong
  CHECK(escape("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");  // surrogate
  CHECK(escape("\xF4\x90\x80\x80").find("\uFFFD") == 0);  // past U+10FFFF
  CHECK(escape(std::string("\0x", 2)) == "\uFFFDx");
}

TEST_CASE("text is measured, and shrunk or cut where it does not fit") {
  CHECK(text_width("训练", 10) == Approx(20));
  CHECK(text_width("W", 10) > text_width("i", 10));
  CHECK(text_width("e\u0301", 10) == text_width("e", 10));
  CHECK(fit("abc", 12, 9, 100).size == 12);
  CHECK(fit("abcdefghijkl", 12, 6, 60).size < 12);
  CHECK(fit("abcdefghijkl", 12, 6, 60).text == "abcdefghijkl");
  const FittedText cut = fit("训练训练训练训练", 12, 10, 40);
  CHECK(cut.text == "训练训…");
  CHECK(pixels(12.50001) == "12.5");
  CHECK(pixels(-0.001) == "0");
  CHECK(pixels(100) == "100");
}

TEST_CASE("colors are names, letters or hexadecimal") {
  CHECK(parse_color("#0Af") == "#00aaff");
  CHECK(parse_color("#A1b2C3") == "#a1b2c3");
  CHECK(parse_color("Red") == parse_color("r"));
  CHECK(parse_color("grey") == parse_color("gray"));
  for (const char* bad : {"", "redd", "#12", "#12345", "#ggg", "# 12345", "#1234567"}) CHECK(parse_color(bad).empty());
  for (std::size_t i = 0; i < cycle_length(); ++i) CHECK(parse_color(cycle_color(i)) == cycle_color(i));
}

TEST_CASE("a scatter draws each point and names its series") {
  const Array a = Array::of<float>({2, 2}, std::vector<float>{0, 1, 2, 3});
  const Numbers b{0, 1, 1, 0};
  const Holder c{Array::of<double>({4, 1}, Numbers{0.1, 0.7, 0.9, 0.2})};
  Figure figure;
  figure.scatter(a, b, {.label = "true", .color = "red"});
  figure.scatter(a, c, {.label = "predicted", .color = "blue", .alpha = 0.5, .size = 9});
  figure.labels("X", "Y");
  const std::string svg = figure.svg();
  CHECK(malformed(svg) == "");
  CHECK(count(svg, "<g class=\"scatter\">") == 2);
  CHECK(count(svg, "r=\"3\"/>") == 4 + 1);
  CHECK(count(svg, "r=\"4.5\"/>") == 4 + 1);
  CHECK(count(svg, "<g fill=\"" + parse_color("blue") + "\" fill-opacity=\"0.5\">") == 2);
  CHECK(texts(legend(svg)) == Texts{"true", "predicted"});
  CHECK(texts(group(svg, "x-ticks")) == Texts{"0", "1", "2", "3"});
  CHECK_THAT(
      svg, Contains("aria-label=\"Figure: Y against X; true, predicted\"") && Contains("role=\"img\"") && Contains("<title>true</title>"));
  CHECK(svg == figure.svg());
}

TEST_CASE("values come from arrays of every dtype and shape, what holds one, and containers") {
  CHECK(plot::Values(Array::range(1, 4)).numbers() == Numbers{1, 2, 3});
  CHECK(plot::Values(Array::of<bool>({2, 1}, std::array<bool, 2>{true, false})).numbers() == Numbers{1, 0});
  CHECK(plot::Values(Array::scalar(2.5)).numbers() == Numbers{2.5});
  CHECK(plot::Values(Holder{Array::zeros({2, 2})}).size() == 4);
  CHECK(plot::Values(std::vector<float>{0.5f}).numbers() == Numbers{0.5});
  CHECK(plot::Values(std::vector<int>{1, 2}).numbers() == Numbers{1, 2});
  CHECK_FALSE(std::is_convertible_v<std::string, plot::Values>);
  CHECK_FALSE(std::is_convertible_v<double, plot::Values>);
}

TEST_CASE("lines: one path, dashes, colors in turn") {
  const std::string svg = Figure({.title = "Loss", .width = 640, .height = 400})
                              .line(Numbers{1, 2, 3}, Numbers{3, 2, 1}, {.label = "training"})
                              .line(Numbers{3, 3, 2}, {.label = "validation", .width = 3, .dashes = true})
                              .svg();
  CHECK(malformed(svg) == "");
  CHECK(count(svg, "<g class=\"line\">") == 2);
  CHECK(count(svg, "stroke-dasharray=\"9 6\"") == 2);  // the series and its sample
  CHECK(count(svg, "stroke=\"#0072b2\"") == 2);
  CHECK(count(svg, "stroke=\"#d55e00\"") == 2);
  CHECK_THAT(svg, Contains("viewBox=\"0 0 640 400\"") && Contains("<title>Loss</title>"));
  CHECK(texts(group(svg, "x-ticks")) == Texts{"1", "2", "3"});
  Figure many;
  for (std::size_t i = 0; i <= cycle_length(); ++i) many.line(Numbers{1, 2});
  CHECK(count(many.svg(), "stroke-dasharray") == 1);
}

TEST_CASE("NaN and infinite values leave gaps in lines and are left out of scatters") {
  const Numbers y{1, 2, not_a_number, 3, infinity, 2, 4, -infinity};
  const std::string line = between(Figure().line(y).svg(), "<g class=\"line\">", "</g>");
  CHECK(count(line, "M") == 2);
  CHECK(count(line, "L") == 2);
  CHECK(count(line, "<circle") == 1);  // the 3 stands alone
  Numbers x{1, 2, 3, 4, 5, 6, 7, 8};
  x[0] = not_a_number;
  const std::string svg = Figure().scatter(x, y).svg();
  CHECK(count(svg, "<circle") == 4);
  CHECK(malformed(svg) == "");
  CHECK(malformed(Figure().line(Numbers{not_a_number, not_a_number}).scatter(Numbers{1}, Numbers{not_a_number}).svg()) == "");
}

TEST_CASE("a log axis skips what is not positive") {
  Figure figure;
  figure.line(Numbers{1e-7, 1e-3, 0, -1, 1, 10}).log_y();
  const std::string svg = figure.svg();
  CHECK(malformed(svg) == "");
  CHECK(count(between(svg, "<g class=\"line\">", "</g>"), "M") == 2);
  CHECK_THAT(texts(group(svg, "y-ticks")), Catch::VectorContains(std::string("10⁻⁷")) && Catch::VectorContains(std::string("10⁻³")));
  CHECK(malformed(Figure().line(Numbers{0, -1}).log_y().svg()) == "");
  CHECK_THROWS_WITH(figure.y_limits(0, 1), Catch::StartsWith("y_limits: low is 0, but on a log axis limits must be positive"));
  CHECK_THROWS_WITH(Figure().y_limits(-1, 1).log_y(), Catch::StartsWith("log_y: low is -1, but on a log axis limits must be positive"));
}

TEST_CASE("empty, single, constant and extreme data have sensible axes") {
  const std::string empty = Figure().svg();
  CHECK(malformed(empty) == "");
  CHECK(texts(group(empty, "y-ticks")) == Texts{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"});
  CHECK(legend(empty).empty());
  CHECK(texts(group(Figure().scatter(Numbers{0.5}, Numbers{0.25}).svg(), "y-ticks")) == Texts{"0.23", "0.24", "0.25", "0.26", "0.27"});
  CHECK(texts(group(Figure().line(Numbers{0, 0, 0}).svg(), "y-ticks")) == Texts{"−1.0", "−0.5", "0.0", "0.5", "1.0"});
  for (const Numbers& y : {Numbers{1, std::nextafter(1, 2)}, Numbers{-1.7e308, 1.7e308}, Numbers{5e-324, 0}, Numbers{-8e299, 8e299},
                           Numbers{1e-299, 8e299}, Numbers{1e-300, 2e-300}, Numbers{-1e15, -1e15 + 1}}) {
    for (const bool log : {false, true}) {
      const std::string svg = Figure().line(y, {.label = "y"}).log_y(log).svg();
      CHECK(malformed(svg) == "");
      CHECK(count(svg, "nan") + count(svg, "inf") == 0);
    }
  }
}

TEST_CASE("tiny and large values share a power of ten, beside the axis") {
  CHECK_THAT(Figure().line(Numbers{1e-7, 2e-7, 4e-7}).svg(), Contains("class=\"y-note\">×10⁻⁷</text>"));
  CHECK_THAT(Figure().scatter(Numbers{1e9, 4e9}, Numbers{0, 1}).svg(), Contains("class=\"x-note\">×10⁹</text>"));
}

TEST_CASE("limits select what is shown, and lines are cut at the frame") {
  Numbers y;
  for (int i = 0; i < 1000; ++i) y.push_back(i);
  const std::string svg = Figure().line(y).x_limits(10, 20).svg();
  CHECK(count(between(svg, "<g class=\"line\">", "</g>"), "L") < 15);
  CHECK(texts(group(svg, "y-ticks")).back() == "18");
  CHECK(count(Figure().scatter(y, y).x_limits(10, 20).svg(), "<circle") == 11);
  CHECK(malformed(Figure().line(Numbers{0, 1e300, 0, -1e299}).y_limits(0, 1e-280).svg()) == "");
  CHECK_THROWS_WITH(Figure().x_limits(3, 1),
                    Catch::StartsWith("x_limits: low is 3 and high is 1; both must be finite, and low below high by more than rounding"));
}

TEST_CASE("segments are clipped to a box") {
  const Box box{0, 0, 10, 10};
  const auto cut = clip({{-5, 5}, {15, 5}}, box);
  REQUIRE(cut);
  CHECK(cut->from == Point{0, 5});
  CHECK(cut->to == Point{10, 5});
  CHECK_FALSE(clip({{-5, 0}, {0, -6}}, box));
  CHECK_FALSE(clip({{11, 0}, {11, 10}}, box));
  CHECK(clip({{3, 3}, {3, 3}}, box));
}

TEST_CASE("points that change nothing are merged") {
  CHECK(count(Figure().scatter(Numbers{1, 1, 1, 2, 1}, Numbers{1, 1, 1, 2, 1}).svg(), "<circle") == 3);
  const std::string line = Figure().line(Numbers{1, 2, 2, 2, 2, 2, 3}, Numbers{0, 5, 1, 9, 3, 4, 5}).svg();
  CHECK(count(between(line, "<g class=\"line\">", "</g>"), "L") == 5);  // at x = 2: first, low, high, last
  std::mt19937 random(2);
  std::normal_distribution<double> normal;
  Numbers walk{0};
  for (int i = 0; i < 300000; ++i) walk.push_back(walk.back() + normal(random));
  CHECK(Figure().line(walk).svg().size() < 400000);
}

TEST_CASE("the legend goes where it covers the fewest points") {
  const auto place = [](const Figure& figure) {
    const std::string rectangle = legend(figure.svg());
    return std::pair(std::stod(between(rectangle, "x=\"", "\"")) > 320, std::stod(between(rectangle, "y=\"", "\"")) > 210);
  };
  const std::pair top_right(true, false), top_left(false, false), bottom_left(false, true);
  Figure rising, falling;
  rising.line(Numbers{1, 2}, {.label = "up"});
  falling.line(Numbers{2, 1}, {.label = "down"});
  CHECK(place(rising) == top_left);
  CHECK(place(falling) == top_right);
  CHECK(place(rising.legend(LegendPosition::bottom_left)) == bottom_left);
  CHECK(legend(rising.legend(LegendPosition::none).svg()).empty());
  Figure many({.width = 300, .height = 200});
  for (int i = 0; i < 30; ++i) many.line(Numbers{1, 2}, {.label = "series"});
  CHECK_THAT(texts(legend(many.svg())).back(), Contains("more"));
}

TEST_CASE("hostile texts leave the picture well-formed and are shown as they are") {
  const std::string text = "</text><script>&\"'\x02\xFF 中文";
  const std::string svg = Figure({.title = text}).line(Numbers{1, 2}, {.label = text}).labels(text, text).svg();
  CHECK(malformed(svg) == "");
  CHECK(count(svg, "<script>") == 0);
  CHECK_THAT(svg, Contains("&lt;/text&gt;&lt;script&gt;&amp;&quot;&#39;\uFFFD\uFFFD 中文</text>"));
  CHECK(malformed(Figure({.title = std::string(5000, 'x'), .width = 120, .height = 120}).labels(std::string(5000, 'y'), "").svg()) == "");
}

TEST_CASE("clip paths of different pictures have different names") {
  const std::string a = Figure().line(Numbers{1, 2}).svg(), b = Figure().line(Numbers{1, 2, 2}).svg();
  const std::string id = between(a, "<clipPath id=\"", "\"");
  CHECK(count(a, id) == 2);
  CHECK(count(b, id) == 0);
}

TEST_CASE("errors of figures name the series, the rule and the place") {
  Figure figure;
  CHECK_THROWS_WITH(figure.scatter(Numbers{1, 2}, Numbers{1}, {.label = "true"}),
                    Contains("scatter \"true\": x has 2 values and y has 1; each point needs one of both (plot.cpp:"));
  CHECK_THROWS_WITH(figure.line(Numbers{1, 2}, Numbers{1}), Contains("(plot.cpp:" + std::to_string(__LINE__) + ")"));
  CHECK_THROWS_AS(figure.line(Numbers{1, 2}, Numbers{1}), ShapeError);
  CHECK_THROWS_WITH(figure.line(Numbers{1}, {.label = "loss", .color = "redd"}),
                    Contains("line \"loss\": there is no color \"redd\"; a color is #rrggbb, #rgb or one of black, blue"));
  CHECK_THROWS_AS(figure.line(Numbers{1}, {.color = "#12345"}), Error);
  CHECK_THROWS_WITH(figure.line(Numbers{1}, {.alpha = 2}), Contains("line: alpha is 2; it must be between 0 and 1"));
  CHECK_THROWS_WITH(figure.line(Numbers{1}, {.size = not_a_number}), Contains("line: size is nan; it must be more than 0"));
  CHECK_THROWS_WITH(figure.line(Numbers{1}, {.width = 0}), Contains("line: width is 0; it must be more than 0"));
  CHECK_THROWS_WITH(Figure({.width = 10}), Catch::StartsWith("Figure: width is 10; it must be 120 to 10000 pixels"));
  CHECK(figure.svg() == Figure().svg());  // what failed left nothing behind
}

TEST_CASE("saving replaces a file whole, or says which path cannot be written") {
  const std::string path = "plot_test.svg";
  Figure figure;
  figure.line(Numbers{1, 2}).save(path).title("again").save(path);
  CHECK(read(path) == figure.svg());
  std::as_const(figure).save(path);
  CHECK(std::remove(path.c_str()) == 0);
  CHECK_THROWS_AS(figure.save("no/such/folder/a.svg"), IoError);
  CHECK_THROWS_WITH(figure.save("no/such/folder/a.svg"), Catch::StartsWith("cannot write no/such/folder/a.svg: its folder does not exist"));
  REQUIRE(::mkdir("plot_test_folder", 0777) == 0);
  CHECK_THROWS_WITH(figure.save("plot_test_folder"), Contains("cannot write plot_test_folder: "));
  CHECK(::rmdir("plot_test_folder") == 0);  // and no temporary file stays
}
