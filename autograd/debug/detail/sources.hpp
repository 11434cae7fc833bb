#pragma once
// Internal; not installed. Of a number that is not finite: whether an op made it, or which of the op's inputs it came from.
#include <optional>

#include <reel/autograd/debug/detail/op_jacobian.hpp>

namespace reel::debug {

struct Source {
  std::size_t input, position;
};

/// An element of an input that alone makes the op's element not finite; none where the op made it of finite numbers.
std::optional<Source> source_of(const OpJacobian& local, std::size_t position);

}  // namespace reel::debug
