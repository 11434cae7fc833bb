#pragma once
#include <concepts>
#include <type_traits>
#include <vector>

#include <reel/autograd/parameter.hpp>
#include <reel/autograd/tensor.hpp>

// How the functions that take functions (jvp, checkpoint, vmap, ...) call their argument. Called with a list of tensors, `f(x, {a, b})`,
// the function may take the list, or that many tensors; called with a tensor, `f(g, a)`, it takes the tensor, or a list of one.
namespace reel::detail {

template <class T>
concept TensorLike = std::same_as<T, Tensor> || std::derived_from<T, ParameterRef>;

template <class F, class... Argument>
concept CallableWith = requires(F& f, const Argument&... argument) {
  { f(argument...) } -> std::convertible_to<Tensor>;
};

template <class F>
concept OfOne = CallableWith<F, Tensor>;
template <class F>
concept OfList = CallableWith<F, std::vector<Tensor>>;
template <class F>
concept OfTwo = CallableWith<F, Tensor, Tensor>;
template <class F>
concept OfThree = CallableWith<F, Tensor, Tensor, Tensor>;
template <class F>
concept OfFour = CallableWith<F, Tensor, Tensor, Tensor, Tensor>;

/// Any callable, as opposed to a recorded result. Its parameters are checked only where it is called: a generic lambda must not be
/// instantiated with types that it was not written for.
template <class F>
concept Function = !TensorLike<std::remove_cvref_t<F>>;

[[noreturn]] void throw_arity(std::size_t takes, std::size_t given);

inline void check_arity(std::size_t takes, std::size_t given) {
  if (takes != given) throw_arity(takes, given);
}

/// Calls f with the list, or with as many tensors as the list has.
template <class F>
Tensor call_with_list(F& f, const std::vector<Tensor>& in) {
  if constexpr (OfList<F>) {
    return f(in);
  } else if constexpr (OfTwo<F>) {
    check_arity(2, in.size());
    return f(in[0], in[1]);
  } else if constexpr (OfThree<F>) {
    check_arity(3, in.size());
    return f(in[0], in[1], in[2]);
  } else if constexpr (OfFour<F>) {
    check_arity(4, in.size());
    return f(in[0], in[1], in[2], in[3]);
  } else {
    static_assert(OfOne<F>, "a function maps up to four tensors, or a list of tensors (const std::vector<Tensor>&), to one Tensor");
    check_arity(1, in.size());
    return f(in[0]);
  }
}

/// Calls f with the only tensor of a list, or with the list.
template <class F>
Tensor call_with_one(F& f, const std::vector<Tensor>& in) {
  if constexpr (OfOne<F>) {
    return f(in[0]);
  } else {
    return call_with_list(f, in);
  }
}

/// A reference to a function, which has to outlive it.
struct FunctionRef {
  void* function;
  Tensor (*call)(void* function, const std::vector<Tensor>& in);

  Tensor operator()(const std::vector<Tensor>& in) const { return call(function, in); }
};

template <class F>
void* address_of(F& f) {
  if constexpr (std::is_function_v<F>) {
    return reinterpret_cast<void*>(&f);
  } else {
    return const_cast<void*>(static_cast<const void*>(__builtin_addressof(f)));
  }
}

template <class F>
F& function_at(void* address) {
  if constexpr (std::is_function_v<F>) {
    return *reinterpret_cast<F*>(address);
  } else {
    return *static_cast<F*>(address);
  }
}

template <class F>
FunctionRef of_list(F& f) {
  return {address_of(f), [](void* p, const std::vector<Tensor>& in) { return call_with_list(function_at<F>(p), in); }};
}
template <class F>
FunctionRef of_one(F& f) {
  return {address_of(f), [](void* p, const std::vector<Tensor>& in) { return call_with_one(function_at<F>(p), in); }};
}

/// The type in which a function is stored for later: an lvalue of a polymorphic class (a module) is stored by reference, since a copy would
/// copy its parameters; any other function is copied or moved.
template <class F>
using Kept = std::conditional_t<std::is_lvalue_reference_v<F> && std::is_polymorphic_v<std::remove_cvref_t<F>>, F, std::decay_t<F>>;

/// A function that is stored for later.
class KeptFunction {
 public:
  virtual ~KeptFunction();
  virtual Tensor operator()(const std::vector<Tensor>& in) = 0;
};

template <class F, bool OneTensor>
class KeptFunctionOf final : public KeptFunction {
 public:
  explicit KeptFunctionOf(F&& f) : f_(std::forward<F>(f)) {}
  Tensor operator()(const std::vector<Tensor>& in) override {
    if constexpr (OneTensor) {
      return call_with_one(f_, in);
    } else {
      return call_with_list(f_, in);
    }
  }

 private:
  Kept<F> f_;
};

}  // namespace reel::detail
