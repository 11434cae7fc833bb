#pragma once
#include <span>

#include <reel/core/array.hpp>

/// Reading and adding at indices, given as int64 arrays or as masks. Negative indices and negative axes count from the back. Errors name
/// `op`: DtypeError unless the indices are int64 (bool for a mask); ShapeError for an index out of range, naming its value and position,
/// for an axis out of range, and for shapes that do not fit; DtypeError for dtypes that do not fit. Additions at the same place happen in
/// the order of the indices.
namespace reel::kernels {

/// The slices of x at `indices` along an axis; in the result, the axes of `indices` replace this axis.
Array take(const char* op, const Array& x, const Array& indices, Integer axis);
/// The transpose of take(): zeros of `shape`, with the slices of x added at `indices`.
Array add_at(const char* op, const Array& x, const Shape& shape, const Array& indices, Integer axis);

/// y[i, j] = x[i, indices[i, j]] for axis 1, and likewise for other axes; x and indices agree on all axes but this one.
Array gather(const char* op, const Array& x, const Array& indices, Integer axis);
/// x with source[i, j] added at [i, indices[i, j]], for axis 1. As a function of `source`, which has the shape of `indices`, it is the
/// transpose of gather().
Array scatter_add(const char* op, const Array& x, const Array& indices, const Array& source, Integer axis);

/// Row-major positions in the first axes of `shape`, from one int64 array of indices for each of these axes; the index arrays broadcast.
Array flat_positions(const char* op, std::span<const Array* const> indices, const Shape& shape);
/// The row-major positions of the true elements of a mask, int64, shape (n,).
Array positions_of(const char* op, const Array& mask);

/// One-hot vectors of labels, shape (..., classes): 1 at the label, 0 elsewhere. Throws ShapeError for a label outside [0, classes), Error
/// for a negative number of classes.
Array one_hot(const Array& labels, Integer classes, Dtype dtype);

}  // namespace reel::kernels
