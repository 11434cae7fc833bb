#include <reel/autograd/record.hpp>

#include <algorithm>
#include <cmath>

#include <reel/autograd/function_entry.hpp>
#include <reel/autograd/node.hpp>
#include <reel/autograd/warning.hpp>

namespace reel {

namespace detail {

namespace {

/// Scalar constants come up again and again (`x * 0.5` in a loop); the last few are kept for each thread.
class ScalarCache {
 public:
  const Tensor& get(double number, Dtype dtype) {
    std::uint64_t bits;
    std::memcpy(&bits, &number, sizeof bits);
    Slot& slot = slots_[((bits * 0x9E3779B97F4A7C15u) >> 58) ^ static_cast<std::uint64_t>(dtype)];
    if (!slot.tensor.defined() || slot.bits != bits || slot.tensor.dtype() != dtype) {
      slot.tensor = Tensor(Array::scalar(number, dtype));
      slot.bits = bits;
    }
    return slot.tensor;
  }

 private:
  struct Slot {
    std::uint64_t bits = 0;
    Tensor tensor;
  };
  Slot slots_[64];
};

thread_local ScalarCache scalar_cache;

/// The dtype that numbers take beside these tensors: theirs, where bool (a mask) only counts if there is nothing else.
Dtype partner_dtype(std::span<const Operand> operands) {
  Dtype dtype = boolean;
  bool alone = true;
  for (const Operand& o : operands) {
    if (o.is_number()) continue;
    alone = false;
    dtype = promote(dtype, o.tensor().dtype());
  }
  if (dtype != boolean) return dtype;
  if (!alone && std::all_of(operands.begin(), operands.end(), [](const Operand& o) { return !o.is_number() || o.is_whole(); }))
    return int64;
  return float32;
}

Tensor constant_of(const Operand& number, Dtype partner) {
  // A fraction beside integers makes the result a float64, as NumPy has it, instead of losing its digits.
  const bool loses = partner == int64 && !(number.is_whole() || number.number() == std::floor(number.number()));
  return scalar_cache.get(number.number(), loses ? float64 : partner);
}

[[noreturn]] void throw_undefined_input(const std::string& op, SourceLocation at) {
  throw Error((op.empty() ? "" : op + ": ") + "an input is not defined (a Tensor without a value) (" + to_string(at) + ")");
}

}  // namespace

Recording::Recording(Literal op, std::span<const Operand> operands) : op_(op), inputs_(operands) {
  if (operands.empty()) return;
  at_ = context.call_site ? *context.call_site : operands[0].location();
  Dtype partner{};
  bool partner_known = false;
  for (const Operand& o : operands) {
    if (o.is_number()) {
      if (!partner_known) partner = partner_dtype(operands);
      partner_known = true;
      inputs_.own(constant_of(o, partner));
    } else {
      const Tensor* input = &o.tensor();
      if (!input->defined()) throw_undefined_input(op.text, at_);
      if (context.substitution) [[unlikely]]
        if (const Tensor* const other = context.substitution->find(input->node())) input = other;
      inputs_.borrow(*input);
      tracked_ = tracked_ || input->node()->tracked;
    }
  }
  tracked_ = tracked_ && context.recording;
}

Node* Recording::node(RuleText rule, Array value, bool broadcasts) {
  Node* const node = Node::make(std::move(value), Node::next_id());
  node->kind = Kind::op;
  node->tracked = true;
  node->broadcasts = broadcasts;
  node->op = op_.text;
  node->rule_text = rule.text;
  node->notes = rule.notes;
  node->location = at_;
  if (context.module) node->module = context.module->path;
  for (const Tensor& input : inputs()) node->depth = std::max(node->depth, input.node()->depth);
  ++node->depth;
  node->inputs = inputs_.take();
  if (node->depth > history_limit.load(std::memory_order_relaxed)) warn_of_depth(node->op, node->location);
  return node;
}

void Recording::rethrow_with_place() const {
  const std::string line = to_string(at_);
  const std::string path = context.module ? context.module->path : "";
  rethrow_at(path.empty() ? line : line.empty() ? "in " + path : "in " + path + ", " + line);
}

void set_functions(Node* node, ForwardFunction*& forward, Rule*& rule) {
  forward = &node->forward;
  rule = &node->rule;
}

void set_description(Node* node, Describe* describe) { node->describe = describe; }

}  // namespace detail

Array Pullback::take_dy() const { return spent_ ? std::move(dy_->node()->value) : dy_->value(); }

Tensor Operand::as_tensor(Dtype dtype) const { return tensor_ ? *tensor_ : detail::scalar_cache.get(number_, dtype); }

}  // namespace reel
