#pragma once
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <type_traits>

#include <reel/autograd/context.hpp>
#include <reel/autograd/parameter.hpp>
#include <reel/autograd/tensor.hpp>
#include <reel/core/memory.hpp>
#include <reel/core/small_vector.hpp>

namespace reel {

namespace detail {
/// The parameter, if there is one.
const ParameterRef& present(const ParameterRef* parameter, SourceLocation at);
}  // namespace detail

/// An operand that somebody else keeps for the time of a call: a Tensor, a Parameter or a number, together with the caller's file and line.
/// What record() takes; public ops take Operand.
class OperandRef {
 public:
  OperandRef(const Tensor& tensor, SourceLocation at = SourceLocation::here()) : tensor_(&tensor), at_(at) {}
  OperandRef(const ParameterRef& parameter, SourceLocation at = SourceLocation::here()) : tensor_(&parameter.tensor(at)), at_(at) {}
  /// A parameter that a layer may do without, such as its bias. Throws Error where it has none.
  template <std::derived_from<ParameterRef> P>
  OperandRef(const std::optional<P>& parameter, SourceLocation at = SourceLocation::here())
      : OperandRef(detail::present(parameter ? &*parameter : nullptr, at), at) {}
  /// A number takes the dtype of the op's tensors.
  template <Number T>
  OperandRef(T number, SourceLocation at = SourceLocation::here()) : number_(number), at_(at) {}
  // Member by member: a processor waits for a wide load of what was just stored in pieces.
  OperandRef(const OperandRef& other) : tensor_(other.tensor_), number_(other.number_), at_{other.at_.file, other.at_.line} {}
  OperandRef& operator=(const OperandRef& other) = default;

  bool is_number() const { return tensor_ == nullptr; }
  const Scalar& number() const { return number_; }
  /// Only where it is not a number.
  const Tensor& tensor() const { return *tensor_; }
  const Array& value() const { return tensor_->value(at_); }
  std::size_t rank() const { return tensor_ ? tensor_->rank(at_) : 0; }
  SourceLocation location() const { return at_; }
  /// As a tensor: a number becomes a scalar constant of `dtype`.
  Tensor as_tensor(Dtype dtype = float32) const;

 protected:
  const Tensor* tensor_ = nullptr;

 private:
  Scalar number_ = 0;
  SourceLocation at_;
};

/// What public ops take: a Tensor, a Parameter or a number, together with the caller's file and line. It keeps a temporary tensor itself,
/// so `Operand h = relu(x);` is safe; a tensor that has a name has to outlive it.
class Operand : public OperandRef {
 public:
  using OperandRef::OperandRef;
  Operand(const OperandRef& other) : OperandRef(other) {}
  Operand(Tensor&& tensor, SourceLocation at = SourceLocation::here()) : OperandRef(own_, at), own_(std::move(tensor)) {}
  Operand(const Operand& other) : OperandRef(other) { own_if(other, other.own_); }
  Operand(Operand&& other) noexcept : OperandRef(other) { own_if(other, std::move(other.own_)); }
  Operand& operator=(Operand other) noexcept {
    OperandRef::operator=(other);
    own_if(other, std::move(other.own_));
    return *this;
  }

 private:
  template <class T>
  void own_if(const Operand& other, T&& tensor) {
    if (other.tensor_ != &other.own_) return;
    own_ = std::forward<T>(tensor);
    tensor_ = &own_;
  }

  Tensor own_;
};

/// A text of the program itself (a string literal), so that an entry needs no copy of it.
struct Literal {
  const char* text;
  consteval Literal(const char* literal) : text(literal) {}
};

/// What else people should know of an op whose numbers they wonder about. Static data, one an op: `static constexpr OpNotes notes{...}`.
struct OpNotes {
  /// What it needs to have a value: "log needs x > 0". Said where it makes a NaN or an infinity.
  const char* domain = "";
  /// Where it bends, and what its rule takes for a slope there: "relu bends at 0, where its slope is taken as 0". Said of gradients there.
  const char* kink = "";
  /// Whether it bends at these numbers: of each input the element that goes into one element of the output.
  bool (*at_kink)(std::span<const double> x) = nullptr;
};

/// The local derivative rule in words: "dx = dy/x", or with notes on the op, {"dx = dy/x", notes}.
struct RuleText {
  const char* text;
  const OpNotes* notes = nullptr;
  consteval RuleText(const char* literal) : text(literal) {}
  consteval RuleText(const char* literal, const OpNotes& notes_) : text(literal), notes(&notes_) {}
  constexpr RuleText(Literal literal) : text(literal.text) {}
  constexpr RuleText without_notes() const {
    RuleText result = *this;
    result.notes = nullptr;
    return result;
  }
};

/// What an op's forward function gets: the inputs' arrays.
class Inputs {
 public:
  explicit Inputs(std::span<const Tensor> tensors) : tensors_(tensors) {}
  std::size_t size() const { return tensors_.size(); }
  const Array& operator[](std::size_t i) const { return tensors_[i].value(); }

 private:
  std::span<const Tensor> tensors_;
};

/// What an op's rule gets: dy, the gradient with respect to the op's output, and what the op saw and made.
class Pullback {
 public:
  /// `spent` says that nobody reads dy after the rule.
  Pullback(const Tensor& dy, detail::NodeBase* node, std::span<const Tensor> inputs, std::uint64_t needed, bool differentiable,
           bool spent = false)
      : dy_(&dy), node_(node), inputs_(inputs), needed_(needed), differentiable_(differentiable), spent_(spent) {}

  const Tensor& dy() const { return *dy_; }
  /// dy's array, for a kernel that may write its result over it (one that is not shared). dy() is gone then, so this comes last in a rule.
  Array take_dy() const;
  const Tensor& input(std::size_t i) const { return inputs_[i]; }
  std::size_t size() const { return inputs_.size(); }
  /// The op's result.
  Tensor output() const { return Tensor::share(node_); }
  /// Whether anybody wants the gradient of input i; if not, `none` may stand for it. Inputs past the 63rd always count as wanted.
  bool needs(std::size_t i) const { return i >= 63 || (needed_ >> i & 1) != 0; }
  /// Whether the gradients themselves will be differentiated; if not, a fused kernel may stand in for ops.
  bool differentiable() const { return differentiable_; }

 private:
  const Tensor* dy_;
  detail::NodeBase* node_;
  std::span<const Tensor> inputs_;
  std::uint64_t needed_;
  bool differentiable_;
  bool spent_;
};

/// A rule's answer: one gradient for each input, of exactly that input's shape and dtype, or `none`.
class Gradients {
 public:
  template <std::convertible_to<Tensor>... T>
  Gradients(T&&... gradients) {
    (list_.push_back(std::forward<T>(gradients)), ...);
  }
  void push_back(Tensor gradient) { list_.push_back(std::move(gradient)); }
  std::size_t size() const { return list_.size(); }
  Tensor& operator[](std::size_t i) { return list_[i]; }

 private:
  SmallVector<Tensor, 4> list_;
};

namespace detail {

/// A callable that captures plain data only, copied by its bytes.
template <class Result, class... Argument>
class PlainFunction {
 public:
  PlainFunction() = default;
  template <class F>
  explicit PlainFunction(const F& f) {
    set(f);
  }
  /// Makes this one, which is empty, call f.
  template <class F>
  void set(const F& f) {
    static_assert(
        std::is_trivially_copyable_v<F>,
        "an op's functions capture plain data only (numbers, Ints, Shape, Slices); tensors arrive as inputs, through the argument");
    void* to = storage_;
    if constexpr (sizeof(F) > sizeof(storage_)) {
      to = heap_ = memory::allocate(sizeof(F));
      heap_bytes_ = sizeof(F);
    }
    std::memcpy(to, static_cast<const void*>(&f), sizeof(F));
    call_ = [](const void* self, Argument... argument) -> Result { return (*static_cast<const F*>(self))(argument...); };
  }
  PlainFunction(const PlainFunction&) = delete;
  PlainFunction& operator=(const PlainFunction&) = delete;
  ~PlainFunction() {
    if (heap_) memory::deallocate(heap_, heap_bytes_);
  }

  explicit operator bool() const { return call_ != nullptr; }
  /// Makes this one, which is empty, do what another does: what it captured is plain data.
  void copy(const PlainFunction& other) {
    std::memcpy(storage_, other.storage_, sizeof(storage_));
    if (other.heap_) std::memcpy(heap_ = memory::allocate(other.heap_bytes_), other.heap_, other.heap_bytes_);
    heap_bytes_ = other.heap_bytes_;
    call_ = other.call_;
  }
  Result operator()(Argument... argument) const { return call_(heap_ ? heap_ : storage_, argument...); }

 private:
  alignas(8) std::byte storage_[32];
  void* heap_ = nullptr;
  std::size_t heap_bytes_ = 0;
  Result (*call_)(const void*, Argument...) = nullptr;
};

using ForwardFunction = PlainFunction<Array, const Inputs&>;
using Rule = PlainFunction<Gradients, const Pullback&>;
using Describe = PlainFunction<std::string>;

/// The inputs of an op. Tensors are borrowed from the operands, which outlive the call: counting owners is a good part of what a small op
/// costs, and most ops of a backward pass keep nothing.
class BorrowedInputs {
 public:
  explicit BorrowedInputs(std::span<const OperandRef> operands) : operands_(operands) { list_.reserve(operands.size()); }
  ~BorrowedInputs() {
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (is_borrowed(i)) list_[i].release();
  }
  BorrowedInputs(const BorrowedInputs&) = delete;
  BorrowedInputs& operator=(const BorrowedInputs&) = delete;

  /// The next operand's tensor, or what stands for it.
  void borrow(const Tensor& tensor) { list_.push_back(Tensor::adopt(tensor.base())); }
  /// The next operand's number, as a tensor.
  void own(Tensor tensor) { list_.push_back(std::move(tensor)); }
  /// From here on they live on their own.
  void keep() {
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (is_borrowed(i)) Tensor(list_[i]).release();
    kept_ = true;
  }
  SmallVector<Tensor, 3> take() {
    if (!kept_) keep();
    return std::move(list_);
  }
  std::span<const Tensor> get() const { return {list_.begin(), list_.size()}; }

 private:
  bool is_borrowed(std::size_t i) const { return !kept_ && !operands_[i].is_number(); }

  std::span<const OperandRef> operands_;
  bool kept_ = false;
  SmallVector<Tensor, 3> list_;
};

/// An entry that was just put on the tape, and where its functions go, which it does without so far.
struct NewEntry {
  Tensor result;
  ForwardFunction* forward;
  Rule* rule;

  Describe& new_description();
};

/// An op on its way onto the tape: its inputs as tensors of the dtypes they will have.
class Recording {
 public:
  Recording(Literal op, std::span<const OperandRef> operands);

  std::span<const Tensor> inputs() const { return inputs_.get(); }
  /// For an op that calls a user's function meanwhile, which may change the variables that the operands refer to.
  void keep_inputs() { inputs_.keep(); }
  /// Whether there is anything to remember.
  bool is_tracked() const { return tracked_; }
  /// The result of an op that is not remembered.
  Tensor constant(Array value) const {
    if (is_watched()) [[unlikely]]
      watch_untracked(value);
    Tensor result(std::move(value));
    if (tracked_ || cut_) [[unlikely]]
      note_cut(result);
    return result;
  }
  /// Puts the op on the tape, but for its functions.
  NewEntry enter(RuleText rule, Array value, bool broadcasts);
  /// For a catch block: throws an Error again with the place added to its text, and anything else that a user's function threw as an Error
  /// that names the op. Memory that runs out stays std::bad_alloc.
  [[noreturn]] void rethrow() const;

 private:
  void watch_untracked(const Array& value) const;
  /// Notes in a constant which op without a gradient it comes from.
  void note_cut(const Tensor& result) const;

  Literal op_;
  SourceLocation at_;
  bool tracked_ = false;
  const Node* cut_ = nullptr;  // an input that was computed from a variable by an op without a gradient
  BorrowedInputs inputs_;
};

/// Shows an op that was just recorded to those who watch.
void watch(const Tensor& result);

struct NoDescription {};

/// Whether one of these words is an address in the part of this thread's stack that is in use: what a closure holds that captured something
/// by reference.
bool refers_to_stack(const std::uintptr_t* words, std::size_t count);
[[noreturn]] void throw_captures_by_reference(Literal op, const char* function, SourceLocation at);

/// Whether a closure may hold addresses that can be told from other numbers: one that captures by reference has no standard layout, and one
/// with unique representations has no padding, no fractions and no union, whose leftovers look like addresses by chance.
template <class F>
inline constexpr bool may_refer = sizeof(F) >= sizeof(std::uintptr_t) &&
                                  (!std::is_standard_layout_v<F> || std::has_unique_object_representations_v<F>);

/// Refuses a function that captured local variables by reference (or `this` of a local object): they may be gone when it runs.
template <class F>
void check_captures(Literal op, const char* function, const F& f, std::span<const OperandRef> operands) {
  if constexpr (may_refer<F>) {
    std::uintptr_t words[sizeof(F) / sizeof(std::uintptr_t)];
    std::memcpy(words, static_cast<const void*>(&f), sizeof words);
    if (refers_to_stack(words, std::size(words))) [[unlikely]]
      throw_captures_by_reference(op, function, operands.empty() ? SourceLocation{} : operands[0].location());
  }
}

template <bool Broadcasts, class F, class R, class D>
Tensor record(Literal op, RuleText rule_text, std::span<const OperandRef> operands, const F& forward, const R& rule, const D& describe) {
  Recording recording(op, operands);
  try {
    Array value = forward(Inputs(recording.inputs()));
    // What cannot carry a gradient keeps no history, unless somebody looks at the tape.
    if (!recording.is_tracked() || (!is_floating(value.dtype()) && !is_watched())) return recording.constant(std::move(value));
    NewEntry entry = recording.enter(rule_text, std::move(value), Broadcasts);
    entry.forward->set(forward);
    entry.rule->set(rule);
    if constexpr (!std::is_same_v<D, NoDescription>) entry.new_description().set(describe);
    if (is_watched()) [[unlikely]]
      watch(entry.result);
    return std::move(entry.result);
  } catch (...) {
    recording.rethrow();
  }
}

/// record() of functions that a program wrote for it.
template <bool Broadcasts, class F, class R, class D>
Tensor record_checked(Literal op, RuleText rule_text, std::span<const OperandRef> operands, const F& forward, const R& rule,
                      const D& describe) {
  check_captures(op, "the forward function", forward, operands);
  check_captures(op, "the rule", rule, operands);
  check_captures(op, "the description", describe, operands);
  return record<Broadcasts>(op, rule_text, operands, forward, rule, describe);
}

}  // namespace detail

/// Runs an op and puts it on the tape. `forward` maps Inputs to an Array and must be a pure function, since entries are computed
/// again when a tape is re-run; `rule` maps a Pullback to Gradients, in the same differentiable ops that users call, which gives
/// derivatives of any order. Both capture plain data only, by value: an Error says so of what captures by reference. `rule_text` says the
/// rule in words, for people, and may bring notes on where the op has no value or no slope, for better words in the debugger. `describe`,
/// where given, returns the op's attributes as text ("axis=1").
template <class F, class R, class D = detail::NoDescription>
Tensor record(Literal op, RuleText rule_text, std::initializer_list<OperandRef> inputs, F forward, R rule, D describe = {}) {
  return detail::record_checked<false>(op, rule_text, {inputs.begin(), inputs.size()}, forward, rule, describe);
}

/// The same for a list of inputs whose length is not known before.
template <class F, class R, class D = detail::NoDescription>
Tensor record(Literal op, RuleText rule_text, std::span<const OperandRef> inputs, F forward, R rule, D describe = {}) {
  return detail::record_checked<false>(op, rule_text, inputs, forward, rule, describe);
}
template <class F, class R, class D = detail::NoDescription>
Tensor record(Literal op, RuleText rule_text, const std::vector<Operand>& inputs, F forward, R rule, D describe = {}) {
  const std::vector<OperandRef> operands(inputs.begin(), inputs.end());
  return detail::record_checked<false>(op, rule_text, operands, forward, rule, describe);
}

/// record() for an op whose inputs broadcast: its rule gives gradients of the output's shape (or any that reduces to the input's),
/// and the engine sums them down to each input's shape.
template <class F, class R, class D = detail::NoDescription>
Tensor record_broadcasting(Literal op, RuleText rule_text, std::initializer_list<OperandRef> inputs, F forward, R rule, D describe = {}) {
  return detail::record_checked<true>(op, rule_text, {inputs.begin(), inputs.size()}, forward, rule, describe);
}

/// Calls f; an Error that it throws gets the operand's place added to its text. For checks
/// before record(), by the op of this name.
template <class F>
decltype(auto) located(Literal op, const OperandRef& x, const F& f) {
  try {
    return f();
  } catch (...) {
    detail::Recording(op, {&x, 1}).rethrow();  // an operand that is not defined throws an error that says so
  }
}

/// The same without an op of its own.
template <class F>
decltype(auto) located(const OperandRef& x, const F& f) {
  return located("", x, f);
}

}  // namespace reel
