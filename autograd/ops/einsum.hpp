#pragma once
#include <string_view>
#include <vector>

#include <reel/autograd/record.hpp>

namespace reel {

/// Einstein summation, as NumPy's: `einsum("bij,bjk->bik", {a, b})`. Each term names the axes of its operand by letters; axes with the same
/// letter are matched, and letters that are not in the result are summed over. A letter twice in one term takes the diagonal. `...` stands
/// for any number of axes, which broadcast from the back, as do letters of length 1. Without an arrow the result has the axes of `...` and
/// then the letters that occur once, A to Z before a to z; with an arrow, axes of `...` that it does not name are summed over. Spaces are
/// ignored.
///
/// Operands are combined two at a time, always the two whose product takes the fewest multiplications, by matmul where there is an axis to
/// sum over and else by mul; the tape shows these steps. All operands must have one floating dtype (DtypeError). Throws Error for an
/// equation that cannot be parsed, naming the position, and ShapeError where it does not fit the operands' shapes.
Tensor einsum(std::string_view equation, const std::vector<Tensor>& operands, SourceLocation at = SourceLocation::here());

}  // namespace reel
