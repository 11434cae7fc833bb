#pragma once
#include <span>

#include <reel/core/array.hpp>

/// Reading and adding at places that int64 arrays or masks name. Negative indices and negative axes count from the back. Whatever
/// is wrong with an index throws, with `op` in the text: DtypeError unless it is int64 (bool for a mask), ShapeError naming the value and
/// its position when it is out of range. So do an axis out of range, and arrays whose shapes or dtypes do not belong together. Places that
/// are named several times are added to in the order of the indices.
namespace reel::kernels {

/// x's parts at `indices` along an axis, which is replaced by the axes of `indices`.
Array take(const char* op, const Array& x, const Array& indices, Integer axis);
/// take()'s transpose: zeros of `shape`, with the parts of x added at `indices`.
Array add_at(const char* op, const Array& x, const Shape& shape, const Array& indices, Integer axis);

/// y[i, j] = x[i, indices[i, j]] for axis 1, and so on for others; x and indices agree on all other axes.
Array gather(const char* op, const Array& x, const Array& indices, Integer axis);
/// x with source[i, j] added at [i, indices[i, j]], for axis 1; gather()'s transpose in `source`, which has the shape of indices.
Array scatter_add(const char* op, const Array& x, const Array& indices, const Array& source, Integer axis);

/// For one int64 array an axis, which broadcast: their common position in an array whose first axes have the lengths of `shape`, row-major.
Array flat_positions(const char* op, std::span<const Array* const> indices, const Shape& shape);
/// The positions, row-major, at which a mask is set. int64, one axis.
Array positions_of(const char* op, const Array& mask);

/// Classes as rows with a single 1: shape (..., classes). Throws ShapeError for a class below 0 or not below `classes`, Error for a
/// negative number of classes.
Array one_hot(const Array& labels, Integer classes, Dtype dtype);

}  // namespace reel::kernels
