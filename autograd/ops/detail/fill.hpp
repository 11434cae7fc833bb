#pragma once
#include <reel/autograd/record.hpp>

namespace reel::detail {

/// Throws Error, with the op's name and the operand's line, if x is int64 and cannot hold the value that it is to be filled with.
inline void check_fill(const char* op, const OperandRef& x, const Scalar& value) {
  if (!x.is_number() && x.tensor().defined() && x.value().dtype() == int64) placed(op, x.location(), [&] { value.to<std::int64_t>(); });
}

}  // namespace reel::detail
