#include <algorithm>
#include <cmath>

#include "../ops.hpp"

namespace onnx_test {

using namespace reel;

namespace {

std::size_t axis_of(const Tensor& x, std::int64_t axis) {
  return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(x.rank()) : axis);
}

Tensor of_numbers(const std::vector<std::int64_t>& values) { return Tensor(Array::of<std::int64_t>({values.size()}, values)); }

/// Axes from an attribute, or from input i; none where neither is given.
std::optional<std::vector<std::int64_t>> axes_of(const Call& c, std::size_t i) {
  if (c.has(i)) return c.numbers(i);
  return c.attributes().list("axes");
}

Results constant(const Call& c) {
  const Attributes& a = c.attributes();
  if (const auto found = a.tensors.find("value"); found != a.tensors.end()) return {Tensor(found->second)};
  if (a.numbers.contains("value_float")) return {full({}, a.number("value_float", 0))};
  if (a.integers.contains("value_int")) return {Tensor(Array::of<std::int64_t>({}, std::vector{a.integer("value_int", 0)}))};
  if (const auto list = a.list("value_ints")) return {of_numbers(*list)};
  throw Unsupported("constants that are no numbers");
}

Results reshaped(const Call& c) {
  std::vector<std::int64_t> lengths = c.numbers(1);
  if (c.attributes().integer("allowzero", 0) == 0)
    for (std::size_t i = 0; i < lengths.size(); ++i)
      if (lengths[i] == 0) lengths[i] = static_cast<std::int64_t>(c.in[0].shape()[i]);
  return {reshape(c.in[0], ints_of(lengths))};
}

Results flattened(const Call& c) {
  const std::size_t axis = axis_of(c.in[0], c.attributes().integer("axis", 1));
  std::size_t rows = 1, columns = 1;
  for (std::size_t i = 0; i < c.in[0].rank(); ++i) (i < axis ? rows : columns) *= c.in[0].shape()[i];
  return {reshape(c.in[0], {rows, columns})};
}

Results squeezed(const Call& c) {
  const auto axes = axes_of(c, 1);
  return {axes ? squeeze(c.in[0], ints_of(*axes)) : squeeze(c.in[0])};
}

Results unsqueezed(const Call& c) {
  std::vector<std::int64_t> axes = *axes_of(c, 1);
  const auto rank = static_cast<std::int64_t>(c.in[0].rank() + axes.size());
  for (std::int64_t& axis : axes) axis += axis < 0 ? rank : 0;
  std::sort(axes.begin(), axes.end());
  Tensor y = c.in[0];
  for (const std::int64_t axis : axes) y = unsqueeze(y, axis);
  return {y};
}

Results transposed(const Call& c) {
  if (const auto order = c.attributes().list("perm")) return {permute(c.in[0], ints_of(*order))};
  Ints reversed;
  for (std::size_t i = c.in[0].rank(); i-- > 0;) reversed.push_back(static_cast<std::ptrdiff_t>(i));
  return {permute(c.in[0], reversed)};
}

Results expanded(const Call& c) {
  const std::vector<std::int64_t> lengths = c.numbers(1);
  Shape shape;
  for (const std::int64_t n : lengths) shape.push_back(static_cast<std::size_t>(n));
  return {broadcast_to(c.in[0], broadcast("expand", c.in[0].shape(), shape))};
}

Results sliced(const Call& c) {
  if (c.version < 10) throw Unsupported("slices of version 9");
  const auto starts = c.numbers(1), stops = c.numbers(2);
  std::vector<std::int64_t> axes, steps(starts.size(), 1);
  for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  if (c.has(3)) axes = c.numbers(3);
  if (c.has(4)) steps = c.numbers(4);
  Slices slices = Slices::whole(c.in[0].rank());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = axis_of(c.in[0], axes[i]);
    const auto length = static_cast<std::int64_t>(c.in[0].shape()[axis]);
    // An end before the first element stands for "through the first one" when walking backwards.
    const bool open = steps[i] < 0 && stops[i] < -length;
    slices[axis] = Slice(std::max(starts[i], -length - 1), open ? std::nullopt : std::optional<std::ptrdiff_t>(stops[i]), steps[i]);
  }
  return {slice(c.in[0], slices)};
}

Results parts(const Call& c) {
  const std::int64_t axis = c.attributes().integer("axis", 0);
  auto lengths = c.has(1) ? std::optional(c.numbers(1)) : c.attributes().list("split");
  const std::size_t count = c.node.outputs.size();
  if (!lengths) {
    const std::size_t n = c.in[0].shape()[axis_of(c.in[0], axis)];
    lengths.emplace(count, static_cast<std::int64_t>((n + count - 1) / count));
  }
  return split(c.in[0], std::vector<std::size_t>(lengths->begin(), lengths->end()), axis);
}

Results padded(const Call& c) {
  if (!c.has(1)) throw Unsupported("padding of version 2");
  const std::vector<std::int64_t> pads = c.numbers(1);
  const std::size_t rank = c.in[0].rank();
  Ints before, after;
  for (std::size_t i = 0; i < rank; ++i) {
    before.push_back(pads[i]);
    after.push_back(pads[rank + i]);
    if (pads[i] < 0 || pads[rank + i] < 0) throw Unsupported("negative padding");
  }
  const std::string mode = c.attributes().text("mode", "constant");
  const double value = c.has(2) && c.in[2].size() == 1 ? c.in[2].value().as_double(0) : 0;
  return {pad(c.in[0], before, after,
              {.mode = mode == "reflect" ? PadMode::reflect
                       : mode == "edge"  ? PadMode::edge
                                         : PadMode::constant,
               .value = value})};
}

Results triangle(const Call& c) {
  const std::ptrdiff_t k = c.has(1) ? c.numbers(1)[0] : 0;
  return {c.attributes().integer("upper", 1) != 0 ? triu(c.in[0], k) : tril(c.in[0], k)};
}

/// Negative indices count from the back.
Tensor counted_from_front(const Tensor& indices, std::size_t length) {
  return where(indices < 0, indices + static_cast<std::int64_t>(length), indices);
}

Results gathered(const Call& c) {
  const std::int64_t axis = c.attributes().integer("axis", 0);
  return {take(c.in[0], c.in[1], axis)};
}

Results gathered_elements(const Call& c) {
  const std::int64_t axis = c.attributes().integer("axis", 0);
  return {gather(c.in[0], counted_from_front(c.in[1], c.in[0].shape()[axis_of(c.in[0], axis)]), axis)};
}

Results scattered(const Call& c) {
  const std::int64_t axis = c.attributes().integer("axis", 0);
  const std::string reduction = c.attributes().text("reduction", "none");
  const Tensor indices = counted_from_front(c.in[1], c.in[0].shape()[axis_of(c.in[0], axis)]);
  if (reduction == "add") return {scatter_add(c.in[0], indices, c.in[2], axis)};
  if (reduction != "none") throw Unsupported("scattering by " + reduction);
  // What is there is taken away, and the new is added.
  return {scatter_add(scatter_add(c.in[0], indices, -gather(c.in[0], indices, axis), axis), indices, c.in[2], axis)};
}

Results hot(const Call& c) {
  const auto classes = static_cast<std::size_t>(c.in[1].value().as_double(0));
  const Tensor labels = counted_from_front(astype(c.in[0], int64), classes);
  const Tensor inside = logical_and(labels >= 0, labels < static_cast<std::int64_t>(classes));
  const Tensor on = one_hot(where(inside, labels, 0), classes, boolean);
  const Tensor hits = logical_and(on, unsqueeze(inside, -1));
  const Tensor chosen = where(hits, c.in[2].row(1), c.in[2].row(0));
  return {movedim(chosen, -1, c.attributes().integer("axis", -1))};
}

Results compressed(const Call& c) {
  const auto keep = c.in[1].value().span<bool>();
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < keep.size(); ++i)
    if (keep[i]) kept.push_back(static_cast<std::int64_t>(i));
  if (!c.attributes().integers.contains("axis")) return {take(reshape(c.in[0], -1), of_numbers(kept), 0)};
  return {take(c.in[0], of_numbers(kept), c.attributes().integer("axis", 0))};
}

Results depth_to_space(const Call& c) {
  const auto b = static_cast<std::size_t>(c.attributes().integer("blocksize", 1));
  const Shape& s = c.in[0].shape();
  const bool columns_first = c.attributes().text("mode", "DCR") == "CRD";
  const Tensor split_up = columns_first ? permute(reshape(c.in[0], {s[0], s[1] / (b * b), b, b, s[2], s[3]}), {0, 1, 4, 2, 5, 3})
                                        : permute(reshape(c.in[0], {s[0], b, b, s[1] / (b * b), s[2], s[3]}), {0, 3, 4, 1, 5, 2});
  return {reshape(split_up, {s[0], s[1] / (b * b), s[2] * b, s[3] * b})};
}

Results space_to_depth(const Call& c) {
  const auto b = static_cast<std::size_t>(c.attributes().integer("blocksize", 1));
  const Shape& s = c.in[0].shape();
  const Tensor split_up = permute(reshape(c.in[0], {s[0], s[1], s[2] / b, b, s[3] / b, b}), {0, 3, 5, 1, 2, 4});
  return {reshape(split_up, {s[0], s[1] * b * b, s[2] / b, s[3] / b})};
}

Results range(const Call& c) {
  const double start = c.in[0].value().as_double(0), limit = c.in[1].value().as_double(0), step = c.in[2].value().as_double(0);
  const auto n = static_cast<std::int64_t>(std::max(0.0, std::ceil((limit - start) / step)));
  return {astype(astype(arange(0, n), float64) * step + start, c.in[0].dtype())};
}

Results cast(const Call& c) {
  switch (c.attributes().integer("to", 0)) {  // of ONNX's TensorProto.DataType
    case 1: return {astype(c.in[0], float32)};
    case 7: return {astype(c.in[0], int64)};
    case 9: return {astype(c.in[0], boolean)};
    case 11: return {astype(c.in[0], float64)};
    default: throw Unsupported("conversion to a type that Reel does not have");
  }
}

Results shape_of(const Call& c) {
  std::vector<std::int64_t> lengths(c.in[0].shape().begin(), c.in[0].shape().end());
  const auto rank = static_cast<std::int64_t>(lengths.size());
  const auto bounded = [&](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + rank : i, 0, rank); };
  const std::int64_t start = bounded(c.attributes().integer("start", 0)), end = bounded(c.attributes().integer("end", rank));
  if (start >= end) return {of_numbers({})};
  return {of_numbers({lengths.begin() + start, lengths.begin() + end})};
}

}  // namespace

void add_shape(Table& table) {
  table.insert({
      {"Cast", cast},
      {"CastLike", [](const Call& c) { return Results{astype(c.in[0], c.in[1].dtype())}; }},
      {"Compress", compressed},
      {"Concat", [](const Call& c) { return Results{concatenate(c.in, c.attributes().integer("axis", 0))}; }},
      {"Constant", constant},
      {"ConstantOfShape",
       [](const Call& c) {
         const auto value = c.attributes().tensors.find("value");
         const Array one = value == c.attributes().tensors.end() ? Array::zeros({1}) : value->second;
         Shape shape;
         for (const std::int64_t n : c.numbers(0)) shape.push_back(static_cast<std::size_t>(n));
         return Results{broadcast_to(reshape(Tensor(one), Shape{}), shape)};
       }},
      {"DepthToSpace", depth_to_space},
      {"Expand", expanded},
      {"Flatten", flattened},
      {"Gather", gathered},
      {"GatherElements", gathered_elements},
      {"OneHot", hot},
      {"Pad", padded},
      {"Range", range},
      {"Reshape", reshaped},
      {"Scatter", scattered},
      {"ScatterElements", scattered},
      {"Shape", shape_of},
      {"Size",
       [](const Call& c) { return Results{Tensor(Array::of<std::int64_t>({}, std::vector{static_cast<std::int64_t>(c.in[0].size())}))}; }},
      {"Slice", sliced},
      {"SpaceToDepth", space_to_depth},
      {"Split", parts},
      {"Squeeze", squeezed},
      {"Tile", [](const Call& c) { return Results{tile(c.in[0], c.ints(1))}; }},
      {"Transpose", transposed},
      {"Trilu", triangle},
      {"Unsqueeze", unsqueezed},
  });
}

}  // namespace onnx_test
