#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include <nlohmann/json.hpp>
#include <reel/autograd/debug/page/picture.hpp>

#include "../autograd/message.hpp"
#include "../core/temporary_folder.hpp"

using namespace reel;
using namespace reel::test;
using nlohmann::json;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string content(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::string page_of(const Tensor& loss, const debug::PageOptions& options = {}) {
  const TemporaryFolder folder;
  const std::string file = folder.path("page.html");
  debug::write_html(loss, file, options);
  return content(file);
}

json data_of(const std::string& page) {
  const std::string open = R"(<script type="application/json" id="data">)";
  const std::size_t from = page.find(open) + open.size();
  return json::parse(page.substr(from, page.find("</script>", from) - from));
}

std::string text(const json& data, const json& entry, const char* key) {
  return entry.contains(key) ? data["texts"][entry[key].get<std::size_t>()].get<std::string>() : "";
}

std::size_t count(const std::string& page, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = page.find(what); at != std::string::npos; at = page.find(what, at + 1)) ++n;
  return n;
}

Tensor small() {
  const Tensor x = variable(tensor({2.0, 3.0}, {.dtype = float64})).named("x");
  const Tensor y = (square(x) + 1.0).named("y");
  return sum(log(y)).named("loss");
}

}  // namespace

TEST_CASE("A page tells ops, names, rules, places, values and gradients") {
  const json data = data_of(page_of(small()));
  REQUIRE(data["entries"].size() == 5);
  CHECK(data["title"] == "loss");
  const json& x = data["entries"][0];
  const json& y = data["entries"][2];
  CHECK(text(data, x, "op") == "variable");
  CHECK(text(data, x, "name") == "x");
  CHECK(x["leaf"] == true);
  CHECK(x["value"]["numbers"] == json({2.0, 3.0}));
  CHECK(x["gradients"][0]["numbers"] == json({0.8, 0.6}));
  CHECK(x["gradients"][0]["by"] == 1);
  CHECK(text(data, y, "rule") == "da = dy   db = dy");
  CHECK(y["inputs"] == json({1, "1"}));
  CHECK(y["shape"] == json({2}));
  CHECK(y["gradients"][0]["numbers"] == json({0.2, 0.1}));
  CHECK(y["why_gradient"]["1"].get<std::string>().find("from log #3") != std::string::npos);
  CHECK(data["alerts"].empty());
  const json& file = data["files"][y["at"][0].get<std::size_t>()];
  CHECK(file["name"] == "page.cpp");
  const int line = y["at"][1].get<int>() - file["parts"][0]["first"].get<int>();
  CHECK(file["parts"][0]["lines"][static_cast<std::size_t>(line)] == R"(  const Tensor y = (square(x) + 1.0).named("y");)");
}

TEST_CASE("A page is one file that asks for nothing") {
  const std::string page = page_of(small());
  CHECK(count(page, "</script>") == 3);  // the data, the layout, the page's own
  CHECK(count(page, "src=") == 0);
  CHECK(count(page, "@import") == 0);
  CHECK(count(page, "url(http") == 0);
  CHECK(count(page, "sourceMappingURL") == 0);
  CHECK(count(page, "<link") == 1);
  CHECK(count(page, R"(<link rel="icon" href="data:,">)") == 1);
  CHECK(count(page, "default-src 'none'") == 1);
  CHECK(count(page, "Permission is hereby granted") == 1);
  CHECK(count(page, "{{") == 0);
  CHECK(page.size() < 150'000);
  CHECK(page == page_of(small()));
}

TEST_CASE("What a program names its tensors ends no script") {
  const Tensor x = variable(tensor({1.0})).named("</script><script>alert(1)</script><!--");
  const std::string page = page_of(sum(x).named("a < b & c {{data}}"));
  CHECK(count(page, "</script>") == 3);
  CHECK(count(page, "alert(1)</script>") == 0);
  CHECK(count(page, "<title>a &lt; b &amp; c {{data}} · Reel</title>") == 1);
  const json data = data_of(page);
  CHECK(text(data, data["entries"][0], "name") == "</script><script>alert(1)</script><!--");
}

TEST_CASE("Names that are no UTF-8 do not spoil a page") {
  const json data = data_of(page_of(sum(variable(tensor({1.0})).named("caf\xe9"))));
  CHECK(text(data, data["entries"][0], "name") == "caf\xef\xbf\xbd");
}

TEST_CASE("NaN and infinities are texts in a page, and alerts stand at their events") {
  const Tensor x = variable(tensor({-1.0, 0.0, 1.0}, {.dtype = float64})).named("x");
  const json data = data_of(page_of(sum(log(x)).named("loss")));
  CHECK(data["entries"][1]["value"]["numbers"] == json({"NaN", "-Infinity", 0.0}));
  CHECK(data["entries"][1]["value"]["statistics"][1] == 1);
  CHECK(data["entries"][1]["value"]["statistics"][2] == 1);
  CHECK(data["entries"][0]["gradients"][0]["numbers"][1] == "Infinity");
  REQUIRE(!data["alerts"].empty());
  CHECK(data["alerts"][0]["problem"] == "NaN born");
  CHECK(data["alerts"][0]["entry"] == 1);
  CHECK(data["alerts"][0]["phase"] == "F");
  CHECK(data["alerts"][0]["index"] == json::array({0}));
}

TEST_CASE("A page has each part of a gradient as it arrives") {
  const Tensor x = variable(tensor({3.0}, {.dtype = float64})).named("x");
  const Tensor a = x * 5.0, b = x * 2.0;
  const Tensor loss = sum(a - b);
  const json data = data_of(page_of(loss));
  const json& gradients = data["entries"][0]["gradients"];
  REQUIRE(gradients.size() == 2);
  debug::Stepper step(loss);
  for (const json& part : gradients) {
    step.seek("B" + std::to_string(part["by"].get<int>()));
    CHECK(part["numbers"][0] == step.gradient("x").item<double>());
  }
  CHECK(gradients[0]["share"].get<double>() + gradients[1]["share"].get<double>() == Approx(1).margin(0.01));
}

TEST_CASE("A gradient's hook is seen in a page") {
  const Tensor x = variable(tensor({3.0}, {.dtype = float64})).named("x");
  const Tensor y = square(x).named("y");
  const auto hook = on_gradient(y, [](const Tensor& dy) { return dy * 10.0; });
  const json data = data_of(page_of(sum(y)));
  const json& gradients = data["entries"][1]["gradients"];
  REQUIRE(gradients.size() == 2);
  CHECK(gradients[0]["numbers"][0] == 1.0);
  CHECK(gradients[1]["numbers"][0] == 10.0);
  CHECK(gradients[1]["by"] == 1);
}

TEST_CASE("A page opens where its stepper is") {
  const TemporaryFolder folder;
  debug::Stepper step(small());
  step.seek("B3");
  debug::write_html(step, folder.path("page.html"), {.title = "A title"});
  const json data = data_of(content(folder.path("page.html")));
  CHECK(data["position"] == 6);
  CHECK(data["title"] == "A title");
  CHECK(step.event() == "B3");
}

TEST_CASE("Of several backward passes a page shows the one that its stepper is in") {
  const TemporaryFolder folder;
  debug::Stepper step(small());
  step.append_backward(full({}, 2, {.dtype = float64}));
  const auto page = [&](const char* event) {
    step.seek(event);
    debug::write_html(step, folder.path("page.html"), {.title = "A title"});
    return data_of(content(folder.path("page.html")));
  };
  const json first = page("B3"), second = page("B3'");
  CHECK(second["position"] == first["position"]);
  CHECK(first["title"] == "A title");
  CHECK(second["title"] == "A title, backward pass 2");
  CHECK(first["entries"].dump() != second["entries"].dump());
  CHECK(page("F1")["entries"].dump() == first["entries"].dump());
}

TEST_CASE("A page stays within its budget and says what it left out") {
  Tensor h = variable(random::normal({40, 40}, {.dtype = float64})).named("x");
  for (int i = 0; i < 100; ++i) h = tanh(h);
  const Tensor loss = sum(h);
  for (const std::size_t budget : {std::size_t{3'000'000}, std::size_t{400'000}, std::size_t{250'000}, std::size_t{140'000}}) {
    const std::string page = page_of(loss, {.budget = budget});
    CHECK(page.size() <= budget);
    const json data = data_of(page);
    CHECK(data["entries"].size() == 102);
    CHECK(data["detail"]["most"] == (budget == 3'000'000));
    CHECK(data["budget"] == budget);
  }
  CHECK(message_of<Error>([&] { page_of(loss, {.budget = 90'000}); }).find("the page of 102 entries takes at least") != std::string::npos);
}

TEST_CASE("A page of 10,000 ops fits") {
  Tensor h = variable(ones({3})).named("x");
  for (int i = 0; i < 9'000; ++i) h = h * 1.0001;
  const std::string page = page_of(sum(h));
  CHECK(page.size() < 3'000'000);
  CHECK(data_of(page)["entries"].size() == 9'002);
}

TEST_CASE("A source file that cannot be read leaves its lines' numbers") {
#line 7 "nowhere/gone.cpp"
  const Tensor loss = sum(variable(tensor({1.0})));
#line 500 "page.cpp"
  const json data = data_of(page_of(loss));
  CHECK(data["files"][0]["name"] == "gone.cpp");
  CHECK(data["files"][0]["parts"].empty());
  CHECK(data["entries"][1]["at"][1] == 7);
}

TEST_CASE("What write_html() refuses") {
  const TemporaryFolder folder;
  const Tensor x = variable(tensor({1.0, 2.0})).named("x");
  CHECK_THROWS_AS(debug::write_html(square(x), folder.path("page.html")), GradientError);
  CHECK_THROWS_AS(debug::write_html(small(), folder.path("none/page.html")), IoError);
  CHECK_FALSE(std::filesystem::exists(folder.path("page.html")));
  debug::write_html(square(x), folder.path("page.html"), {.seed = tensor({1.0, 3.0})});
  CHECK(data_of(content(folder.path("page.html")))["entries"][1]["gradients"][0]["numbers"] == json({1.0, 3.0}));
}

TEST_CASE("write_html() leaves the program's gradients and parameters alone, and takes scalars, empty tensors and integers") {
  Parameter p(tensor({1.0, 2.0}));
  const Tensor loss = sum(p * 2.0) + sum(variable(zeros({0, 3})));
  page_of(loss);
  CHECK_FALSE(p.has_grad());
  loss.backward();
  CHECK(p.grad().at<float>({1}) == 2.0f);
  const Tensor weight = variable(ones({3, 2})).named("table");
  const json data = data_of(page_of(sum(embedding(tensor({0, 2}), weight))));
  CHECK(data["entries"].size() == 4);
}

TEST_CASE("A thumbnail keeps a spike and marks NaN") {
  Array array = Array::zeros({100, 100}, float64);
  array.mutable_data<double>()[5'050] = -7;
  array.mutable_data<double>()[9'999] = infinity;
  const debug::Picture picture = debug::picture_of(array, 400, 10);
  CHECK(picture.numbers.empty());
  CHECK(picture.rows == 10);
  CHECK(picture.columns == 10);
  CHECK(picture.cells[55] == -7);
  CHECK(std::isnan(picture.cells[99]));
  CHECK(picture.statistics.infinities == 1);
  const debug::Picture smaller = debug::shrunk(picture, array.shape(), 400, 2);
  CHECK(smaller.cells.size() == 4);
  CHECK(std::isnan(smaller.cells[3]));
  const debug::Picture vector = debug::picture_of(Array::zeros({1000}, float32), 400, 32);
  CHECK(vector.columns == 32);
}
