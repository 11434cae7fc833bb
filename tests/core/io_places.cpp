#include <catch2/catch.hpp>
#include <reel/core/io/csv.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/idx.hpp>
#include <reel/core/io/npy.hpp>
#include <reel/core/io/npz.hpp>
#include <reel/core/io/png.hpp>
#include <reel/core/io/safetensors.hpp>
#include <reel/core/plot/picture.hpp>

#include "temporary_folder.hpp"

using namespace reel;

namespace {

/// Whether the error that `action` throws ends with one place, and that is the line on which this is called.
template <class Action>
bool names_line(const Action& action, int line = __builtin_LINE()) {
  try {
    action();
  } catch (const Error& error) {
    const std::string text = error.what(), place = " (io_places.cpp:" + std::to_string(line) + ")";
    UNSCOPED_INFO(text);
    return text.ends_with(place) && text.find(".cpp:") == text.rfind(".cpp:");
  }
  UNSCOPED_INFO("nothing was thrown");
  return false;
}

}  // namespace

TEST_CASE("readers and writers name the line that called them") {
  const std::string none = "/nope/a";
  const Array x = Array::full({2, 2}, 0.5);
  CHECK(names_line([&] { io::read_file(none); }));
  CHECK(names_line([&] { io::write_file(none, ""); }));
  CHECK(names_line([&] { io::read_csv(none); }));
  CHECK(names_line([&] { io::parse_csv("", "a"); }));
  CHECK(names_line([&] { io::parse_csv("a\n1\n", "a", {.delimiter = '"'}); }));
  CHECK(names_line([&] { io::read_idx(none); }));
  CHECK(names_line([&] { io::read_idx_images(none); }));
  CHECK(names_line([&] { io::parse_idx("", "a"); }));
  CHECK(names_line([&] { io::parse_idx_images("", "a"); }));
  CHECK(names_line([&] { io::read_npy(none); }));
  CHECK(names_line([&] { io::parse_npy("", "a"); }));
  CHECK(names_line([&] { io::write_npy(none, x); }));
  CHECK(names_line([&] { io::read_npz(none); }));
  CHECK(names_line([&] { io::parse_npz("", "a"); }));
  CHECK(names_line([&] { io::write_npz(none, {{"x", x}}); }));
  CHECK(names_line([&] { io::read_png(none); }));
  CHECK(names_line([&] { io::parse_png("", "a"); }));
  CHECK(names_line([&] { io::write_png(none, x); }));
  CHECK(names_line([&] { io::write_png(none, Array()); }));
  CHECK(names_line([&] { io::format_png(Array()); }));
  CHECK(names_line([&] { io::read_safetensors(none); }));
  CHECK(names_line([&] { io::parse_safetensors("", "a"); }));
  CHECK(names_line([&] { io::map_safetensors(none); }));
  CHECK(names_line([&] { io::write_safetensors(none, {{"x", x}}); }));
}

TEST_CASE("a table's functions name the line that called them") {
  const io::Table table = io::parse_csv("a,b\nx,\n", "t.csv");
  CHECK(names_line([&] { table.column("c"); }));
  CHECK(names_line([&] { table.text(1, 0); }));
  CHECK(names_line([&] { table.is_missing(0, 2); }));
  CHECK(names_line([&] { table.numbers(); }));
  CHECK(names_line([&] { table.numbers({"a"}, int64, io::MissingPolicy::nan); }));
  CHECK(names_line([&] { table.classes("b"); }));
  CHECK(names_line([&] { table.without_missing(); }));
}

TEST_CASE("pictures name the line that called them") {
  using namespace plot;
  const std::vector<double> one{1}, two{1, 2};
  Figure figure;
  CHECK(names_line([&] { Figure({.width = 1}); }));
  CHECK(names_line([&] { figure.line(one, two); }));
  CHECK(names_line([&] { figure.scatter(one, two); }));
  CHECK(names_line([&] { figure.band(one, one, two); }));
  CHECK(names_line([&] { figure.x_limits(1, 0); }));
  CHECK(names_line([&] { figure.y_limits(1, 0); }));
  CHECK(names_line([&] { Figure(figure).y_limits(-1, 1).log_y(); }));
  CHECK(names_line([&] { figure.save("/nope/a.svg"); }));
  CHECK(names_line([&] { std::as_const(figure).save("/nope/a.svg"); }));
  CHECK(names_line([&] { arrange({figure}).save("/nope/a.svg"); }));
  CHECK(names_line([&] { arrange({}); }));
  CHECK(names_line([&] { image_grid(Array()); }));
  CHECK(names_line([&] { confusion_matrix(Array()); }));
  CHECK(names_line([&] { scatter_by_class(Array(), Array()); }));
  CHECK(names_line([&] { scatter_by_class(Array::full({1, 2}, 0), Array::range(0, 1), {}, {.width = 1}); }));
  CHECK(names_line([&] { magnitudes({}, ""); }));
}

TEST_CASE("a picture is not saved under another kind's name") {
  const TemporaryFolder folder;
  plot::Figure figure;
  for (const std::string ending : {"png", "PNG", "pdf", "jpg", "jpeg", "svgz", "html", "eps", "x"}) {
    const std::string path = folder.path("a." + ending);
    const std::string error =
        "save: " + path + " ends in ." + ending +
        ", but what is written is SVG; save it as .svg, of which rsvg-convert, inkscape or a browser make other formats";
    CHECK(io_error([&] { figure.save(path); }) == error);
    CHECK(io_error([&] { plot::arrange({figure}).save(path); }) == error);
  }
  CHECK(folder.names().empty());
  figure.save(folder.path("a.svg")).save(folder.path("b.SVG")).save(folder.path("c"));
  CHECK(folder.names().size() == 3);
}
