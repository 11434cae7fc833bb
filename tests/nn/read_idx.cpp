#include <catch2/catch.hpp>
#include <reel/core/error.hpp>
#include <reel/nn/data/idx.hpp>

#include "error_text.hpp"

using namespace reel;

namespace {

std::string reference(const std::string& name) { return std::string(REEL_TEST_DATA) + "/numpy/" + name; }

}  // namespace

TEST_CASE("a pair of IDX files becomes a data set of images and classes") {
  const data::Dataset set = data::read_idx(reference("images.idx.gz"), reference("labels.idx"));
  set.check();
  CHECK(set.features.shape() == Shape{3, 1, 28, 28});
  CHECK(set.features.dtype() == float32);
  CHECK(set.targets.dtype() == int64);
  CHECK(set.targets.value().at<std::int64_t>({2}) == 9);
  const auto error = [](const std::string& labels, std::vector<std::string> names = {}) {
    const std::string text = placed_text<IoError>([&] { data::read_idx(reference("images.idx"), reference(labels), names); });
    return text.substr(text.rfind("/numpy/") + 7);
  };
  CHECK(error("i2.idx") == "i2.idx has 2 labels");
  CHECK(error("f8.idx") == "f8.idx: it holds floats (2,); labels are whole numbers (n,)");
  CHECK(error("labels.idx", {"a", "b"}) == "labels.idx: label 0 is 7; there are names for 0 to 1");
}
