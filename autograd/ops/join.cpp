#include <reel/autograd/ops/join.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/detail/reduction.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/core/kernels/manipulation.hpp>

namespace reel {

namespace {

Slices along(std::size_t axis, std::size_t start, std::size_t stop, std::size_t rank) {
  Slices slices = Slices::whole(rank);
  slices[axis] = Slice(static_cast<std::ptrdiff_t>(start), static_cast<std::ptrdiff_t>(stop));
  return slices;
}

void check_joinable(const std::vector<Tensor>& tensors, std::size_t axis) {
  const Array& first = tensors[0].value();
  for (std::size_t i = 1; i < tensors.size(); ++i) {
    const Array& other = tensors[i].value();
    if (other.dtype() != first.dtype())
      throw DtypeError(fmt::format("concatenate: tensor 0 is {} and tensor {} is {}; all need one dtype (astype converts)",
                                   name_of(first.dtype()), i, name_of(other.dtype())));
    Shape adjusted = other.shape();
    if (adjusted.rank() == first.rank()) adjusted[axis] = first.shape()[axis];
    if (adjusted != first.shape())
      throw ShapeError(fmt::format("concatenate: tensor 0 is {} and tensor {} is {}; along axis {} the other axes have to agree",
                                   first.shape(), i, other.shape(), axis));
  }
}

void check_list(Literal op, const std::vector<Tensor>& tensors, SourceLocation at) {
  if (tensors.empty()) throw Error(fmt::format("{}: there is nothing to join ({})", op.text, to_string(at)));
  for (const Tensor& t : tensors)
    if (!t.defined()) located(op, t, [&] { t.value(); });
}

void check_stackable(const std::vector<Tensor>& tensors) {
  const Array& first = tensors[0].value();
  for (std::size_t i = 1; i < tensors.size(); ++i) {
    const Array& other = tensors[i].value();
    if (other.dtype() != first.dtype())
      throw DtypeError(fmt::format("stack: tensor 0 is {} and tensor {} is {}; all need one dtype (astype converts)",
                                   name_of(first.dtype()), i, name_of(other.dtype())));
    if (other.shape() != first.shape())
      throw ShapeError(fmt::format("stack: tensor 0 is {} and tensor {} is {}; all need one shape", first.shape(), i, other.shape()));
  }
}

/// Splits x at the given ends.
std::vector<Tensor> parts_of(const Operand& x, std::size_t axis, const std::vector<std::size_t>& ends) {
  std::vector<Tensor> parts;
  std::size_t start = 0;
  for (const std::size_t end : ends) {
    parts.push_back(slice(x, along(axis, start, end, x.as_tensor().rank())));
    start = end;
  }
  return parts;
}

/// The ends of parts of one length, the last one shorter.
std::vector<std::size_t> ends_of(std::size_t total, std::size_t length) {
  std::vector<std::size_t> ends;
  for (std::size_t start = 0; start < total; start += length) ends.push_back(std::min(total, start + length));
  if (ends.empty()) ends.push_back(0);
  return ends;
}

}  // namespace

Tensor concatenate(const std::vector<Tensor>& tensors, std::ptrdiff_t axis, SourceLocation at) {
  const CallSite site(at);
  check_list("concatenate", tensors, at);
  const std::size_t along_axis = located("concatenate", tensors[0], [&] {
    const std::size_t normalized = normalize_axis("concatenate", axis, tensors[0].rank());
    check_joinable(tensors, normalized);
    return normalized;
  });
  const std::vector<OperandRef> operands(tensors.begin(), tensors.end());
  return record(
      "concatenate", "each input's part of dy", std::span(operands),
      [along_axis](const Inputs& in) {
        std::vector<const Array*> arrays;
        for (std::size_t i = 0; i < in.size(); ++i) arrays.push_back(&in[i]);
        return kernels::concatenate(arrays, along_axis);
      },
      [along_axis](const Pullback& p) {
        Gradients parts;
        std::size_t start = 0;
        for (std::size_t i = 0; i < p.size(); ++i) {
          const std::size_t stop = start + p.input(i).shape()[along_axis];
          parts.push_back(p.needs(i) ? slice(p.dy(), along(along_axis, start, stop, p.dy().rank())) : none);
          start = stop;
        }
        return parts;
      },
      [along_axis] { return fmt::format("axis={}", along_axis); });
}

Tensor stack(const std::vector<Tensor>& tensors, std::ptrdiff_t axis, SourceLocation at) {
  const CallSite site(at);
  check_list("stack", tensors, at);
  const std::size_t place = located("stack", tensors[0], [&] {
    check_stackable(tensors);
    return normalize_axis("stack", axis, tensors[0].rank() + 1);
  });
  const std::vector<OperandRef> operands(tensors.begin(), tensors.end());
  return record(
      "stack", "each input's part of dy", std::span(operands),
      [place](const Inputs& in) {
        Shape shape;
        for (std::size_t i = 0; i <= in[0].rank(); ++i) {
          if (i == place) shape.push_back(1);
          if (i < in[0].rank()) shape.push_back(in[0].shape()[i]);
        }
        std::vector<Array> arrays;
        for (std::size_t i = 0; i < in.size(); ++i) arrays.push_back(in[i].with_shape(shape));
        std::vector<const Array*> pointers;
        for (const Array& a : arrays) pointers.push_back(&a);
        return kernels::concatenate(pointers, place);
      },
      [place](const Pullback& p) {
        Gradients parts;
        for (std::size_t i = 0; i < p.size(); ++i) {
          Slices one = Slices::whole(p.dy().rank());
          one[place] = Slice(i);
          parts.push_back(p.needs(i) ? slice(p.dy(), one) : none);
        }
        return parts;
      },
      [place] { return fmt::format("axis={}", place); });
}

std::vector<Tensor> split(Operand x, const std::vector<std::size_t>& lengths, std::ptrdiff_t axis) {
  const std::size_t place = detail::axis_of("split", x, axis);
  std::vector<std::size_t> ends;
  std::size_t total = 0;
  located("split", x, [&] {
    for (const std::size_t length : lengths) {
      require_count("split", "a length", length);
      if (__builtin_add_overflow(total, length, &total)) throw ShapeError("split: the lengths add up to 2^64 or more");
      ends.push_back(total);
    }
    const Shape shape = x.as_tensor().shape();
    if (total != shape[place])
      throw ShapeError(
          fmt::format("split: the lengths add up to {}, but axis {} of shape {} has length {}", total, place, shape, shape[place]));
  });
  return parts_of(x, place, ends);
}

std::vector<Tensor> split(Operand x, std::size_t length, std::ptrdiff_t axis) {
  const std::size_t place = detail::axis_of("split", x, axis);
  located("split", x, [&] {
    if (require_count("split", "the parts' length", length) == 0) throw ShapeError("split: the parts' length is 0; it is 1 or more");
  });
  return parts_of(x, place, ends_of(x.as_tensor().shape()[place], length));
}

std::vector<Tensor> chunk(Operand x, std::size_t count, std::ptrdiff_t axis) {
  const std::size_t place = detail::axis_of("chunk", x, axis);
  located("chunk", x, [&] {
    if (require_count("chunk", "the number of parts", count) == 0) throw ShapeError("chunk: the number of parts is 0; it is 1 or more");
  });
  const std::size_t total = x.as_tensor().shape()[place];
  return parts_of(x, place, ends_of(total, std::max<std::size_t>(1, (total + count - 1) / count)));
}

}  // namespace reel
