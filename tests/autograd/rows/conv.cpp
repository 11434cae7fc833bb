#include "../ops_table.hpp"

using namespace reel;

namespace {

/// With a bias where the case has three shapes.
template <class Options>
void append(std::vector<Row>& rows, const char* op, const char* variant, Tensor (*f)(Operand, Operand, Options),
            Tensor (*biased)(Operand, Operand, Operand, Options), const Options& options, const Cases& cases) {
  rows.push_back({op, variant,
                  [=](const In& in) { return in.size() == 3 ? biased(in[0], in[1], in[2], options) : f(in[0], in[1], options); }, cases,
                  anything});
}

void append_convolutions(std::vector<Row>& rows) {
  const auto one = [&](const char* variant, const ConvOptions& options, const Cases& cases) {
    append<ConvOptions>(rows, "conv1d", variant, conv1d, conv1d, options, cases);
  };
  one("", {}, {{{2, 1, 5}, {2, 1, 3}, {2}}, {{1, 2, 4}, {1, 2, 1}}, {{2, 3}, {3, 2, 2}, {3}}, {{0, 2, 4}, {3, 2, 3}, {3}}});
  one("stride above the kernel", {.stride = 3}, {{{1, 2, 8}, {2, 2, 2}, {2}}});
  one("same", {.dilation = 3, .same = true}, {{{1, 1, 5}, {1, 1, 2}}, {{2, 4}, {1, 2, 3}}});

  const auto two = [&](const char* variant, const ConvOptions& options, const Cases& cases) {
    append<ConvOptions>(rows, "conv2d", variant, conv2d, conv2d, options, cases);
  };
  two("", {},
      {{{1, 1, 1, 1}, {1, 1, 1, 1}, {1}}, {{2, 2, 4, 3}, {3, 2, 2, 3}, {3}}, {{2, 3, 4}, {1, 2, 1, 2}}, {{0, 2, 3, 3}, {2, 2, 3, 3}, {2}}});
  two("stride, padding and dilation", {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}}, {{{1, 2, 4, 3}, {2, 2, 3, 2}, {2}}});
  two("stride above the kernel", {.stride = 3, .padding = 1}, {{{1, 1, 5, 6}, {2, 1, 1, 2}}});
  two("groups", {.padding = 1, .groups = 2}, {{{1, 4, 3, 2}, {6, 2, 2, 3}, {6}}});
  two("a group for each channel", {.groups = 3}, {{{2, 3, 3, 4}, {6, 1, 2, 2}, {6}}});
  two("same", {.same = true}, {{{1, 2, 3, 4}, {1, 2, 3, 2}}});

  const auto three = [&](const char* variant, const ConvOptions& options, const Cases& cases) {
    append<ConvOptions>(rows, "conv3d", variant, conv3d, conv3d, options, cases);
  };
  three("", {}, {{{1, 1, 3, 2, 3}, {2, 1, 2, 1, 2}, {2}}, {{1, 2, 2, 3}, {1, 1, 2, 2, 2}}, {{0, 1, 2, 2, 2}, {1, 1, 1, 2, 1}, {1}}});
  three("all options", {.stride = {2, 1, 2}, .padding = {0, 1, 1}, .dilation = {1, 2, 1}, .groups = 2},
        {{{1, 2, 3, 2, 3}, {2, 1, 2, 2, 2}, {2}}});
}

void append_transposes(std::vector<Row>& rows) {
  append<ConvTransposeOptions>(rows, "conv_transpose1d", "", conv_transpose1d, conv_transpose1d, {},
                               {{{2, 2, 4}, {2, 3, 3}, {3}}, {{1, 3}, {1, 1, 1}}, {{0, 2, 3}, {2, 1, 2}, {1}}});
  append<ConvTransposeOptions>(rows, "conv_transpose1d", "all options", conv_transpose1d, conv_transpose1d,
                               {.stride = 3, .padding = 2, .output_padding = 2, .dilation = 2, .groups = 2}, {{{1, 2, 3}, {2, 2, 3}, {4}}});
  append<ConvTransposeOptions>(
      rows, "conv_transpose2d", "", conv_transpose2d, conv_transpose2d, {},
      {{{1, 1, 1, 1}, {1, 1, 1, 1}, {1}}, {{2, 2, 2, 3}, {2, 1, 2, 3}, {1}}, {{2, 3, 1}, {2, 2, 1, 2}}, {{0, 1, 2, 2}, {1, 2, 2, 2}, {2}}});
  append<ConvTransposeOptions>(rows, "conv_transpose2d", "all options", conv_transpose2d, conv_transpose2d,
                               {.stride = {2, 1}, .padding = {1, 0}, .output_padding = {1, 0}, .dilation = {1, 2}, .groups = 2},
                               {{{1, 4, 2, 3}, {4, 1, 3, 2}, {2}}});
  append<ConvTransposeOptions>(rows, "conv_transpose2d", "stride above the kernel", conv_transpose2d, conv_transpose2d, {.stride = 3},
                               {{{1, 1, 2, 2}, {1, 2, 1, 2}, {2}}});
  append<ConvTransposeOptions>(rows, "conv_transpose3d", "", conv_transpose3d, conv_transpose3d,
                               {.stride = {1, 2, 1}, .padding = {1, 0, 0}},
                               {{{1, 2, 2, 1, 2}, {2, 1, 2, 2, 2}, {1}}, {{1, 2, 2, 2}, {1, 1, 2, 1, 2}}});
}

void append_pools(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, anything});
  };
  const Cases lines{{{2, 3, 7}}, {{1, 4}}, {{0, 2, 4}}}, images{{{2, 2, 4, 5}}, {{1, 3, 4}}, {{0, 2, 4, 4}}},
      volumes{{{1, 2, 3, 4, 2}}, {{2, 2, 2, 3}}, {{0, 1, 2, 2, 2}}};
  row(
      "max_pool1d", "", [](const Tensor& x) { return max_pool1d(x, 2); }, lines);
  row("max_pool1d", "all options",
      [](const Tensor& x) { return max_pool1d(x, 3, {.stride = 2, .padding = 1, .dilation = 2, .ceil_mode = true}); },
      {{{2, 3, 7}}, {{1, 6}}});
  row(
      "max_pool2d", "", [](const Tensor& x) { return max_pool2d(x, 2); }, images);
  row(
      "max_pool2d", "windows that overlap",
      [](const Tensor& x) {
        return max_pool2d(x, {3, 2}, {.stride = 1, .padding = {1, 0}});
      },
      images);
  row(
      "max_pool3d", "",
      [](const Tensor& x) {
        return max_pool3d(x, 2, {.stride = {1, 2, 1}});
      },
      volumes);
  row(
      "avg_pool1d", "", [](const Tensor& x) { return avg_pool1d(x, 2); }, lines);
  row(
      "avg_pool1d", "windows that overlap", [](const Tensor& x) { return avg_pool1d(x, 3, {.stride = 1, .padding = 1}); }, lines);
  row(
      "avg_pool2d", "", [](const Tensor& x) { return avg_pool2d(x, 2); }, images);
  row(
      "avg_pool2d", "all options",
      [](const Tensor& x) {
        return avg_pool2d(x, {3, 2}, {.stride = {2, 3}, .padding = 1, .ceil_mode = true, .count_include_pad = false});
      },
      images);
  row(
      "avg_pool3d", "",
      [](const Tensor& x) {
        return avg_pool3d(x, {2, 1, 2}, {.padding = {1, 0, 1}});
      },
      volumes);
  row(
      "adaptive_avg_pool1d", "", [](const Tensor& x) { return adaptive_avg_pool1d(x, 3); }, lines);
  row(
      "adaptive_avg_pool2d", "",
      [](const Tensor& x) {
        return adaptive_avg_pool2d(x, {3, 2});
      },
      images);
  row(
      "adaptive_avg_pool2d", "to more than there is", [](const Tensor& x) { return adaptive_avg_pool2d(x, 6); }, images);
  row(
      "adaptive_avg_pool3d", "",
      [](const Tensor& x) {
        return adaptive_avg_pool3d(x, {2, 3, 1});
      },
      volumes);
  row(
      "adaptive_max_pool1d", "", [](const Tensor& x) { return adaptive_max_pool1d(x, 3); }, lines);
  row(
      "adaptive_max_pool2d", "",
      [](const Tensor& x) {
        return adaptive_max_pool2d(x, {3, 2});
      },
      images);
  row(
      "adaptive_max_pool3d", "",
      [](const Tensor& x) {
        return adaptive_max_pool3d(x, {2, 3, 1});
      },
      volumes);
  const Cases any{{{2, 2, 4}}, {{2, 2, 3, 2}}, {{1, 2, 2, 1, 3}}, {{0, 2, 2, 2}}};
  row(
      "global_avg_pool", "", [](const Tensor& x) { return global_avg_pool(x); }, any);
  row(
      "global_max_pool", "", [](const Tensor& x) { return global_max_pool(x); }, any);
}

void append_resampling(std::vector<Row>& rows) {
  const auto row = [&](const char* variant, const InterpolateOptions& options, const Cases& cases) {
    rows.push_back({"interpolate", variant, [options](const In& in) { return interpolate(in[0], options); }, cases, anything});
  };
  row("nearest, longer", {.size = 5}, {{{2, 2, 3}}, {{1, 2, 2, 3}}, {{1, 1, 2, 1, 2}}, {{0, 2, 3}}});
  row("nearest, shorter", {.size = 2}, {{{1, 2, 5}}, {{1, 1, 3, 4}}});
  row("linear", {.size = 5, .mode = Interpolation::linear}, {{{2, 2, 3}}, {{1, 1, 8}}});
  row("bilinear", {.size = {5, 3}, .mode = Interpolation::bilinear}, {{{2, 2, 3, 4}}, {{1, 1, 1, 1}}, {{0, 1, 2, 2}}});
  row("bilinear, align_corners", {.size = {1, 5}, .mode = Interpolation::bilinear, .align_corners = true},
      {{{1, 2, 3, 3}}, {{1, 1, 1, 1}}});
  row("bilinear, scale_factor", {.scale_factor = 1.7, .mode = Interpolation::bilinear}, {{{1, 2, 3, 2}}});
  row("trilinear", {.scale_factor = 2, .mode = Interpolation::trilinear}, {{{1, 2, 2, 1, 2}}});

  const auto unfolding = [&](const char* variant, const Ints& kernel, const UnfoldOptions& options, const Cases& cases) {
    rows.push_back({"unfold", variant, [=](const In& in) { return unfold(in[0], kernel, options); }, cases, anything});
  };
  unfolding("", 2, {}, {{{2, 2, 3, 4}}, {{1, 2, 3}}, {{0, 1, 2, 2}}});
  unfolding("all options", {2, 1}, {.dilation = {2, 1}, .padding = {1, 2}, .stride = {1, 2}}, {{{1, 2, 3, 2}}});
  rows.push_back({"fold", "", [](const In& in) { return fold(in[0], {3, 4}, 2); }, {{{2, 4, 6}}, {{8, 6}}, {{0, 4, 6}}}, anything});
  rows.push_back({"fold",
                  "all options",
                  [](const In& in) {
                    return fold(in[0], {3, 2}, {2, 1}, {.dilation = {2, 1}, .padding = {1, 2}, .stride = {1, 2}});
                  },
                  {{{1, 2, 9}}},
                  anything});
}

}  // namespace

void append_conv(std::vector<Row>& rows) {
  append_convolutions(rows);
  append_transposes(rows);
  append_pools(rows);
  append_resampling(rows);
}
