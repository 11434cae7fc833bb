#pragma once
// For an element that is not finite: whether an op made it, or from which element of the op's inputs it came.
#include <optional>

#include <reel/autograd/debug/detail/op_jacobian.hpp>

namespace reel::debug {

struct Source {
  std::size_t input, position;
};

/// An element of an input that alone makes the op's element not finite; nothing if the op made it from finite numbers.
std::optional<Source> source_of(const OpJacobian& local, std::size_t position);

}  // namespace reel::debug
