#pragma once
// How the reference's arguments are read; for the files of ops/.
#include "ops.hpp"

namespace oracle {

using namespace reel;
using In = const std::vector<Tensor>&;
using Args = const Json&;

/// A list of integers, one integer, or null for none.
inline Ints ints(const Json& value) {
  Ints result;
  if (value.is_number()) result.push_back(value.get<std::ptrdiff_t>());
  if (value.is_array())
    for (const Json& v : value) result.push_back(v.get<std::ptrdiff_t>());
  return result;
}

inline Ints axes(Args args) { return ints(args.at("axis")); }
inline std::ptrdiff_t axis(Args args) { return args.at("axis").get<std::ptrdiff_t>(); }
inline ReduceOptions keep(Args args) { return {.keepdims = args.at("keepdims").get<bool>()}; }
inline double number(Args args, const char* name) { return args.at(name).get<double>(); }
inline Shape shape(Args args) { return Shape(args.at("shape").get<std::vector<std::size_t>>()); }

inline Slices slices(Args args) {
  const Ints starts = ints(args.at("starts")), stops = ints(args.at("stops")), steps = ints(args.at("steps"));
  Slices result = Slices::whole(starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) result[i] = Slice(starts[i], stops[i], steps.empty() ? 1 : steps[i]);
  return result;
}

}  // namespace oracle
