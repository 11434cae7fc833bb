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
/// The parameter. Throws Error when it is null.
const ParameterRef& present(const ParameterRef* parameter, SourceLocation at);
}  // namespace detail

/// An operand that the caller keeps alive during the call: a Tensor, a Parameter or a number, together with the caller's file and line.
/// record() takes OperandRef; public ops take Operand.
class OperandRef {
 public:
  OperandRef(const Tensor& tensor, SourceLocation at = SourceLocation::here()) : tensor_(&tensor), at_(at) {}
  OperandRef(const ParameterRef& parameter, SourceLocation at = SourceLocation::here()) : tensor_(&parameter.tensor(at)), at_(at) {}
  /// An optional parameter, such as a layer's bias. Throws Error when the optional is empty.
  template <std::derived_from<ParameterRef> P>
  OperandRef(const std::optional<P>& parameter, SourceLocation at = SourceLocation::here())
      : OperandRef(detail::present(parameter ? &*parameter : nullptr, at), at) {}
  /// A number; it gets the dtype of the op's tensors.
  template <Number T>
  OperandRef(T number, SourceLocation at = SourceLocation::here()) : number_(number), at_(at) {}
  // Member by member: a processor waits for a wide load of what was just stored in pieces.
  OperandRef(const OperandRef& other) : tensor_(other.tensor_), number_(other.number_), at_{other.at_.file, other.at_.line} {}
  OperandRef& operator=(const OperandRef& other) = default;

  bool is_number() const { return tensor_ == nullptr; }
  const Scalar& number() const { return number_; }
  /// Must not be called for a number.
  const Tensor& tensor() const { return *tensor_; }
  const Array& value() const { return tensor_->value(at_); }
  std::size_t rank() const { return tensor_ ? tensor_->rank(at_) : 0; }
  SourceLocation location() const { return at_; }
  /// The operand as a tensor: a number becomes a scalar constant of `dtype`.
  Tensor as_tensor(Dtype dtype = float32) const;

 protected:
  const Tensor* tensor_ = nullptr;

 private:
  Scalar number_ = 0;
  SourceLocation at_;
};

/// The argument type of public ops: a Tensor, a Parameter or a number, together with the caller's file and line. An Operand keeps a
/// temporary tensor itself, so `Operand h = relu(x);` is safe; a tensor that is a variable of the program has to outlive it.
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

/// Notes on an op for the debugger's messages, shown when the op's numbers are unusual. Static data, one object per op: `static constexpr
/// OpNotes notes{...}`.
struct OpNotes {
  /// The domain of the op: "log needs x > 0". Shown where the op makes a NaN or an infinity.
  const char* domain = "";
  /// Where the op has a kink, and which derivative its rule uses there: "relu bends at 0, where its slope is taken as 0". Shown with
  /// gradients at such points.
  const char* kink = "";
  /// Returns whether the op has a kink at these input elements: one element per input, all belonging to one element of the output.
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

/// The argument of an op's forward function: the inputs' arrays.
class Inputs {
 public:
  explicit Inputs(std::span<const Tensor> tensors) : tensors_(tensors) {}
  std::size_t size() const { return tensors_.size(); }
  const Array& operator[](std::size_t i) const { return tensors_[i].value(); }

 private:
  std::span<const Tensor> tensors_;
};

/// The argument of an op's rule: dy, the gradient with respect to the op's output, and the op's inputs and output.
class Pullback {
 public:
  /// `spent`: dy is not read by anyone after the rule, so that take_dy() may give its memory away.
  Pullback(const Tensor& dy, detail::NodeBase* node, std::span<const Tensor> inputs, std::uint64_t needed, bool differentiable,
           bool spent = false)
      : dy_(&dy), node_(node), inputs_(inputs), needed_(needed), differentiable_(differentiable), spent_(spent) {}

  const Tensor& dy() const { return *dy_; }
  /// dy's array, for a kernel that may write its result into the same memory (if that is not shared). dy() must not be called afterwards,
  /// so this comes last in a rule.
  Array take_dy() const;
  const Tensor& input(std::size_t i) const { return inputs_[i]; }
  std::size_t size() const { return inputs_.size(); }
  /// The op's result.
  Tensor output() const { return Tensor::share(node_); }
  /// Whether the gradient of input i is needed; if not, the rule may return `none` for it. Inputs after the 63rd always count as needed.
  bool needs(std::size_t i) const { return i >= 63 || (needed_ >> i & 1) != 0; }
  /// Whether the gradients themselves will be differentiated; if not, the rule may use a fused kernel instead of ops.
  bool differentiable() const { return differentiable_; }

 private:
  const Tensor* dy_;
  detail::NodeBase* node_;
  std::span<const Tensor> inputs_;
  std::uint64_t needed_;
  bool differentiable_;
  bool spent_;
};

/// The result of a rule: one gradient per input, of exactly that input's shape and dtype, or `none`.
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

/// A callable that captures plain data only and is copied bytewise.
template <class Result, class... Argument>
class PlainFunction {
 public:
  PlainFunction() = default;
  template <class F>
  explicit PlainFunction(const F& f) {
    set(f);
  }
  /// Makes this function, which must be empty, call f.
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
  /// Makes this function, which must be empty, a copy of another; possible because captures are plain data.
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

/// The inputs of an op. Tensors are borrowed from the operands, which outlive the call: reference counting is a considerable part of the
/// cost of a small op, and most ops of a backward pass keep nothing.
class BorrowedInputs {
 public:
  explicit BorrowedInputs(std::span<const OperandRef> operands) : operands_(operands) { list_.reserve(operands.size()); }
  ~BorrowedInputs() {
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (is_borrowed(i)) list_[i].release();
  }
  BorrowedInputs(const BorrowedInputs&) = delete;
  BorrowedInputs& operator=(const BorrowedInputs&) = delete;

  /// Appends the next operand's tensor, or its replacement, without owning it.
  void borrow(const Tensor& tensor) { list_.push_back(Tensor::adopt(tensor.base())); }
  /// Appends the next operand's number, as a tensor that is owned.
  void own(Tensor tensor) { list_.push_back(std::move(tensor)); }
  /// Takes ownership of the borrowed tensors.
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

/// An entry that was just put on the tape, with pointers to its functions, which are still empty.
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
  /// For an op that calls a user's function while it runs: that function may assign to the variables that the operands refer to.
  void keep_inputs() { inputs_.keep(); }
  /// Whether a history has to be recorded.
  bool is_tracked() const { return tracked_; }
  /// The result of an op without a history.
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

/// Passes an op that was just recorded to those that watch (see is_watched()).
void watch(const Tensor& result);

struct NoDescription {};

/// Whether one of these words is an address in the part of this thread's stack that is in use, as in a closure that captured something by
/// reference.
bool refers_to_stack(const std::uintptr_t* words, std::size_t count);
[[noreturn]] void throw_captures_by_reference(Literal op, const char* function, SourceLocation at);

/// Whether addresses in a closure can be told from other numbers: a closure that captures by reference has no standard layout, and one with
/// unique representations has no padding, no fractions and no union, whose leftover bytes could look like addresses by chance.
template <class F>
inline constexpr bool may_refer = sizeof(F) >= sizeof(std::uintptr_t) &&
                                  (!std::is_standard_layout_v<F> || std::has_unique_object_representations_v<F>);

/// Throws Error for a function that captured local variables by reference (or `this` of a local object): they may be gone when the function
/// runs.
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

/// record() for functions that were written by a user: checks their captures first.
template <bool Broadcasts, class F, class R, class D>
Tensor record_checked(Literal op, RuleText rule_text, std::span<const OperandRef> operands, const F& forward, const R& rule,
                      const D& describe) {
  check_captures(op, "the forward function", forward, operands);
  check_captures(op, "the rule", rule, operands);
  check_captures(op, "the description", describe, operands);
  return record<Broadcasts>(op, rule_text, operands, forward, rule, describe);
}

}  // namespace detail

/// Runs an op and puts it on the tape; returns the result. `forward` maps Inputs to an Array and must be a pure function, since entries are
/// computed again when a tape is re-run. `rule` maps a Pullback to Gradients, in the same differentiable ops that users call, which gives
/// derivatives of any order. Both may capture plain data only, by value; capturing by reference throws Error. `rule_text` states the rule
/// for people, and may carry OpNotes for the debugger. `describe`, if given, returns the op's attributes as text ("axis=1").
template <class F, class R, class D = detail::NoDescription>
Tensor record(Literal op, RuleText rule_text, std::initializer_list<OperandRef> inputs, F forward, R rule, D describe = {}) {
  return detail::record_checked<false>(op, rule_text, {inputs.begin(), inputs.size()}, forward, rule, describe);
}

/// The same for a list of inputs whose length is known only at run time.
template <class F, class R, class D = detail::NoDescription>
Tensor record(Literal op, RuleText rule_text, std::span<const OperandRef> inputs, F forward, R rule, D describe = {}) {
  return detail::record_checked<false>(op, rule_text, inputs, forward, rule, describe);
}
template <class F, class R, class D = detail::NoDescription>
Tensor record(Literal op, RuleText rule_text, const std::vector<Operand>& inputs, F forward, R rule, D describe = {}) {
  const std::vector<OperandRef> operands(inputs.begin(), inputs.end());
  return detail::record_checked<false>(op, rule_text, operands, forward, rule, describe);
}

/// record() for an op whose inputs broadcast: its rule returns gradients of the output's shape (or of any shape that sums down to the
/// input's), and the engine sums them down to each input's shape.
template <class F, class R, class D = detail::NoDescription>
Tensor record_broadcasting(Literal op, RuleText rule_text, std::initializer_list<OperandRef> inputs, F forward, R rule, D describe = {}) {
  return detail::record_checked<true>(op, rule_text, {inputs.begin(), inputs.size()}, forward, rule, describe);
}

/// Calls f and returns its result; the operand's file and line are added to the text of an Error that f throws. For checks before record(),
/// in the op of this name.
template <class F>
decltype(auto) located(Literal op, const OperandRef& x, const F& f) {
  try {
    return f();
  } catch (...) {
    detail::Recording(op, {&x, 1}).rethrow();  // an operand that is not defined throws an error that says so
  }
}

/// The same without an op's name.
template <class F>
decltype(auto) located(const OperandRef& x, const F& f) {
  return located("", x, f);
}

}  // namespace reel
