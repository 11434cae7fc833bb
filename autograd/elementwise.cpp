#include <reel/autograd/elementwise.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <reel/core/kernels/elementwise.hpp>

namespace reel::detail {

Shape formula_shape(const char* op, const Inputs& in) {
  const Dtype dtype = in[0].dtype();
  Shape shape = in[0].shape();
  for (std::size_t i = 0; i < in.size(); ++i) {
    kernels::require_floating(op, in[i]);
    if (in[i].dtype() != dtype)
      throw DtypeError(
          fmt::format("{}: input 0 is {} and input {} is {}; all need one dtype", op, name_of(dtype), i, name_of(in[i].dtype())));
    if (in[i].shape() != shape) shape = broadcast(op, shape, in[i].shape());
  }
  return shape;
}

void throw_formula_order(const char* op) {
  throw Error(
      fmt::format("{0}: derivatives of a formula go up to order {1}, and this is one of order {2} (an op with a rule of its own, made by "
                  "record(), has every order)",
                  op, formula_order, formula_order + 1));
}

std::string describe_derivative(const char* op, std::span<const std::uint8_t> by) {
  return fmt::format("of {} by {}", op, fmt::join(by, ", "));
}

FormulaOperands::FormulaOperands(Literal op, std::span<const OperandRef> operands) : operands_(operands) {
  Dtype common = boolean;
  bool mixed = false, tensors = false;
  const OperandRef* first = nullptr;
  for (const OperandRef& o : operands) {
    if (o.is_number()) continue;
    if (!o.tensor().defined()) return;  // record() refuses it
    if (first) mixed = mixed || o.value().dtype() != first->value().dtype();
    if (!first) first = &o;
    common = promote(common, o.value().dtype());
    tensors = true;
  }
  if (!tensors) return;
  if (!is_floating(common)) located(op, operands[0], [&] { kernels::require_floating(op.text, first->value()); });
  if (!mixed) return;
  tensors_.reserve(operands.size());
  for (const OperandRef& o : operands) {
    if (o.is_number()) {
      converted_.push_back(o);
      continue;
    }
    tensors_.push_back(astype(Operand(o), common));
    converted_.emplace_back(tensors_.back(), o.location());
  }
  operands_ = converted_;
}

}  // namespace reel::detail
