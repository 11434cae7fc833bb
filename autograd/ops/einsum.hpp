#pragma once
#include <string_view>
#include <vector>

#include <reel/autograd/record.hpp>

namespace reel {

/// Einstein's summation, as NumPy's: `einsum("bij,bjk->bik", {a, b})`. Each term names the axes of its operand by letters; axes of one
/// letter go together, and letters that the result does not name are summed over. A letter twice in a term takes the diagonal. `...` stands
/// for any axes, which broadcast from the back, as letters of length 1 do. Without an arrow the result has the axes of `...` and then the
/// letters that occur once, A to Z before a to z; with an arrow, axes of `...` that it does not name are summed over. Spaces do not count.
///
/// Operands are combined two at a time, always the two whose product takes the fewest multiplications, by matmul where there is something
/// to sum over and else by mul; the tape shows the steps. All operands need one floating dtype (DtypeError). Throws Error for an equation
/// that cannot be read, which says where, and ShapeError where it does not fit the operands' shapes.
Tensor einsum(std::string_view equation, const std::vector<Tensor>& operands, SourceLocation at = SourceLocation::here());

}  // namespace reel
