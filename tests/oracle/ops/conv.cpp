#include "../args.hpp"

namespace oracle {

namespace {

// Options that a case does not give are Reel's defaults.

void read(Args args, const char* name, Ints& to) {
  if (const auto found = args.find(name); found != args.end() && !found->is_null()) to = ints(*found);
}
void read(Args args, const char* name, bool& to) {
  if (const auto found = args.find(name); found != args.end() && !found->is_null()) to = found->get<bool>();
}

ConvOptions conv_options(Args args) {
  ConvOptions options;
  read(args, "stride", options.stride);
  read(args, "dilation", options.dilation);
  options.groups = args.value("groups", options.groups);
  const auto padding = args.find("padding");
  if (padding != args.end() && padding->is_string()) options.same = *padding == "same";  // or "valid"
  else read(args, "padding", options.padding);
  return options;
}

ConvTransposeOptions conv_transpose_options(Args args) {
  ConvTransposeOptions options;
  read(args, "stride", options.stride);
  read(args, "padding", options.padding);
  read(args, "output_padding", options.output_padding);
  read(args, "dilation", options.dilation);
  options.groups = args.value("groups", options.groups);
  return options;
}

MaxPoolOptions max_pool_options(Args args) {
  MaxPoolOptions options;
  read(args, "stride", options.stride);
  read(args, "padding", options.padding);
  read(args, "dilation", options.dilation);
  read(args, "ceil_mode", options.ceil_mode);
  return options;
}

AvgPoolOptions avg_pool_options(Args args) {
  AvgPoolOptions options;
  read(args, "stride", options.stride);
  read(args, "padding", options.padding);
  read(args, "ceil_mode", options.ceil_mode);
  read(args, "count_include_pad", options.count_include_pad);
  return options;
}

UnfoldOptions unfold_options(Args args) {
  UnfoldOptions options;
  read(args, "dilation", options.dilation);
  read(args, "padding", options.padding);
  read(args, "stride", options.stride);
  return options;
}

InterpolateOptions interpolate_options(Args args) {
  static const std::map<std::string, Interpolation> modes{{"nearest", Interpolation::nearest},
                                                          {"linear", Interpolation::linear},
                                                          {"bilinear", Interpolation::bilinear},
                                                          {"trilinear", Interpolation::trilinear}};
  InterpolateOptions options;
  read(args, "size", options.size);
  if (const auto factor = args.find("scale_factor"); factor != args.end() && !factor->is_null())
    options.scale_factor = factor->get<double>();
  options.mode = modes.at(args.value("mode", "nearest"));
  read(args, "align_corners", options.align_corners);
  return options;
}

Ints kernel(Args args) { return ints(args.at("kernel")); }
Ints output(Args args) { return ints(args.at("output")); }

/// With a bias where the case has one.
template <class F, class Options>
Outputs convolve(F f, In in, const Options& options) {
  return in.size() == 3 ? f(in[0], in[1], in[2], options) : f(in[0], in[1], options);
}

}  // namespace

void add_conv(Table& table) {
  table.insert({
      {"conv1d", [](In in, Args a) { return convolve([](const auto&... x) { return conv1d(x...); }, in, conv_options(a)); }},
      {"conv2d", [](In in, Args a) { return convolve([](const auto&... x) { return conv2d(x...); }, in, conv_options(a)); }},
      {"conv3d", [](In in, Args a) { return convolve([](const auto&... x) { return conv3d(x...); }, in, conv_options(a)); }},
      {"conv_transpose1d",
       [](In in, Args a) { return convolve([](const auto&... x) { return conv_transpose1d(x...); }, in, conv_transpose_options(a)); }},
      {"conv_transpose2d",
       [](In in, Args a) { return convolve([](const auto&... x) { return conv_transpose2d(x...); }, in, conv_transpose_options(a)); }},
      {"conv_transpose3d",
       [](In in, Args a) { return convolve([](const auto&... x) { return conv_transpose3d(x...); }, in, conv_transpose_options(a)); }},
      {"max_pool1d", [](In in, Args a) -> Outputs { return max_pool1d(in[0], kernel(a), max_pool_options(a)); }},
      {"max_pool2d", [](In in, Args a) -> Outputs { return max_pool2d(in[0], kernel(a), max_pool_options(a)); }},
      {"max_pool3d", [](In in, Args a) -> Outputs { return max_pool3d(in[0], kernel(a), max_pool_options(a)); }},
      {"avg_pool1d", [](In in, Args a) -> Outputs { return avg_pool1d(in[0], kernel(a), avg_pool_options(a)); }},
      {"avg_pool2d", [](In in, Args a) -> Outputs { return avg_pool2d(in[0], kernel(a), avg_pool_options(a)); }},
      {"avg_pool3d", [](In in, Args a) -> Outputs { return avg_pool3d(in[0], kernel(a), avg_pool_options(a)); }},
      {"adaptive_avg_pool1d", [](In in, Args a) -> Outputs { return adaptive_avg_pool1d(in[0], output(a)); }},
      {"adaptive_avg_pool2d", [](In in, Args a) -> Outputs { return adaptive_avg_pool2d(in[0], output(a)); }},
      {"adaptive_avg_pool3d", [](In in, Args a) -> Outputs { return adaptive_avg_pool3d(in[0], output(a)); }},
      {"adaptive_max_pool1d", [](In in, Args a) -> Outputs { return adaptive_max_pool1d(in[0], output(a)); }},
      {"adaptive_max_pool2d", [](In in, Args a) -> Outputs { return adaptive_max_pool2d(in[0], output(a)); }},
      {"adaptive_max_pool3d", [](In in, Args a) -> Outputs { return adaptive_max_pool3d(in[0], output(a)); }},
      {"interpolate", [](In in, Args a) -> Outputs { return interpolate(in[0], interpolate_options(a)); }},
      {"unfold", [](In in, Args a) -> Outputs { return unfold(in[0], kernel(a), unfold_options(a)); }},
      {"fold", [](In in, Args a) -> Outputs { return fold(in[0], output(a), kernel(a), unfold_options(a)); }},
  });
}

}  // namespace oracle
