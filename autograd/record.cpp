#include <reel/autograd/record.hpp>

#include <pthread.h>

#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/detail/function_entry.hpp>
#include <reel/autograd/detail/node.hpp>
#include <reel/autograd/detail/warning.hpp>
#include <reel/autograd/detail/watcher.hpp>

namespace reel {

namespace detail {

namespace {

/// The same scalar constants occur again and again (`x * 0.5` in a loop); the last few are kept per thread.
class ScalarCache {
 public:
  const Tensor& get(const Scalar& number, Dtype dtype) {
    const std::uint64_t bits = number.bits();
    Slot& slot = slots_[((bits * 0x9E3779B97F4A7C15u) >> 58) ^ static_cast<std::uint64_t>(dtype)];
    if (!slot.tensor.defined() || slot.tensor.dtype() != dtype || !is_identical(slot.number, number)) {
      slot.tensor = Tensor(Array::scalar(number, dtype));
      slot.number = number;
    }
    return slot.tensor;
  }

 private:
  struct Slot {
    Scalar number = 0;
    Tensor tensor;
  };
  Slot slots_[64];
};

thread_local ScalarCache scalar_cache;

/// The dtype of numbers beside these tensors: the tensors' dtype, where bool (a mask) counts only if there is no other.
Dtype partner_dtype(std::span<const OperandRef> operands) {
  Dtype dtype = boolean;
  bool alone = true;
  for (const OperandRef& o : operands) {
    if (o.is_number()) continue;
    alone = false;
    dtype = promote(dtype, o.tensor().dtype());
  }
  if (dtype != boolean) return dtype;
  if (!alone && std::all_of(operands.begin(), operands.end(), [](const OperandRef& o) { return !o.is_number() || o.number().is_whole(); }))
    return int64;
  return float32;
}

Tensor constant_of(const Scalar& number, Dtype partner) {
  // As in PyTorch: 0.5 beside integers makes the result float, instead of truncating 0.5.
  return scalar_cache.get(number, partner == int64 && !number.is_whole() ? float32 : partner);
}

[[noreturn]] void throw_undefined_input(const std::string& op, SourceLocation at) {
  throw Error((op.empty() ? "" : op + ": ") + "an input is not defined (a Tensor without a value) (" + to_string(at) + ")");
}

}  // namespace

const ParameterRef& present(const ParameterRef* parameter, SourceLocation at) {
  if (parameter) return *parameter;
  throw Error(
      "an op got an optional parameter that is not there, such as the bias of a layer made with {.bias = false}; has_value() tells (" +
      to_string(at) + ")");
}

Recording::Recording(Literal op, std::span<const OperandRef> operands) : op_(op), inputs_(operands) {
  if (operands.empty()) return;
  at_ = context.call_site ? *context.call_site : operands[0].location();
  Dtype partner{};
  bool partner_known = false;
  for (const OperandRef& o : operands) {
    if (o.is_number()) {
      if (!partner_known) partner = partner_dtype(operands);
      partner_known = true;
      inputs_.own(placed(op.text, at_, [&] { return constant_of(o.number(), partner); }));
    } else {
      const Tensor* input = &o.tensor();
      if (!input->defined()) throw_undefined_input(op.text, at_);
      if (context.substitution) [[unlikely]]
        if (const Tensor* const other = context.substitution->find(input->node())) input = other;
      inputs_.borrow(*input);
      tracked_ = tracked_ || input->node()->tracked;
      if (input->node()->cut) [[unlikely]]
        cut_ = input->node();
    }
  }
  tracked_ = tracked_ && context.recording;
}

namespace {

/// Notes in a node which op made it, and where the program called it.
void note_origin(Node* node, const char* op, SourceLocation at) {
  node->op = op;
  node->location = at;
  if (context.module) node->module = context.module->path;
}

}  // namespace

NewEntry Recording::enter(RuleText rule, Array value, bool broadcasts) {
  Node* const node = Node::make(std::move(value), Node::next_id());
  node->kind = Kind::op;
  node->tracked = true;
  node->broadcasts = broadcasts;
  node->rule_text = rule.text;
  node->notes = rule.notes;
  note_origin(node, op_.text, at_);
  for (const Tensor& input : inputs()) node->depth = std::max(node->depth, input.node()->depth);
  ++node->depth;
  node->inputs = inputs_.take();
  NewEntry entry{Tensor::adopt(node), &node->forward, &node->rule};
  if (node->depth > history_limit.load(std::memory_order_relaxed)) [[unlikely]]
    warn_of_depth(node->op, node->location);
  return entry;
}

void watch(const Tensor& result) {
  if (!context.in_rule) watcher().recorded(result);
}

void Recording::watch_untracked(const Array& value) const {
  if (context.in_rule || watcher().is_pausing()) return;
  Node* const node = Node::make(value, Node::next_id());
  const Tensor result = Tensor::adopt(node);
  node->kind = Kind::op;
  note_origin(node, op_.text, at_);
  for (const Tensor& input : inputs()) node->inputs.push_back(input);
  node->released = true;  // it cannot be run again
  watcher().recorded(result);
}

void Recording::note_cut(const Tensor& result) const {
  if (!context.recording) return;
  Node* const node = result.node();
  node->cut = true;
  if (tracked_) return note_origin(node, op_.text, at_);
  node->op = cut_->op;
  node->location = cut_->location;
  node->module = cut_->module;
}

void Recording::rethrow() const {
  const std::string line = to_string(at_);
  const std::string path = context.module ? context.module->path : "";
  const std::string place = path.empty() ? line : line.empty() ? "in " + path : "in " + path + ", " + line;
  try {
    throw;
  } catch (const Error&) {
    rethrow_at(place);
  } catch (...) {
    rethrow_failed<Error>((*op_.text ? op_.text : "an op") + std::string(" failed"), place);
  }
}

namespace {

/// Where this thread's stack ends: the address behind its oldest byte.
std::uintptr_t end_of_stack() {
  [[gnu::tls_model("initial-exec")]] thread_local constinit std::uintptr_t end = 0;
  if (end != 0) return end;
  end = 1;  // unknown: nothing refers to it
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return end;
  void* lowest = nullptr;
  std::size_t bytes = 0;
  if (pthread_attr_getstack(&attributes, &lowest, &bytes) == 0) end = reinterpret_cast<std::uintptr_t>(lowest) + bytes;
  pthread_attr_destroy(&attributes);
  return end;
}

}  // namespace

bool refers_to_stack(const std::uintptr_t* words, std::size_t count) {
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)), end = end_of_stack();
  return std::any_of(words, words + count, [&](std::uintptr_t word) { return word >= here && word < end; });
}

void throw_captures_by_reference(Literal op, const char* function, SourceLocation at) {
  placed(op.text, at, [&] {
    throw Error(
        fmt::format("{} captures by reference (or a pointer to something local), and what it refers to may be gone when it runs; "
                    "capture numbers by value ([=]) and take tensors as inputs",
                    function));
  });
  __builtin_unreachable();
}

Describe& NewEntry::new_description() { return result.node()->new_description(); }

}  // namespace detail

Array Pullback::take_dy() const { return spent_ ? std::move(dy_->node()->value) : dy_->value(); }

Tensor OperandRef::as_tensor(Dtype dtype) const { return tensor_ ? *tensor_ : detail::scalar_cache.get(number_, dtype); }

}  // namespace reel
