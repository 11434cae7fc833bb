#pragma once
#include <concepts>
#include <string>

#include <reel/autograd/tensor.hpp>

namespace reel {

namespace detail {
struct ParameterState;
}

/// A handle to a parameter that somebody owns: what lists of parameters and optimizers hold. Copies refer to the same one.
class ParameterRef {
 public:
  ParameterRef(const ParameterRef& other) noexcept;
  ParameterRef(ParameterRef&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  ParameterRef& operator=(ParameterRef other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~ParameterRef();

  /// The name that it was given, or that its module gave it.
  const std::string& name() const;
  void set_name(std::string name);
  /// Whether the name was given by the user; otherwise a module may give it another one.
  bool has_own_name() const;
  void set_default_name(std::string name);

  /// The leaf on the tape: what ops take. Depends on itself unless requires_grad() is false. Throws Error, as all here, for a parameter
  /// that was moved from.
  const Tensor& tensor(SourceLocation at = SourceLocation::here()) const;
  operator const Tensor&() const { return tensor({}); }
  const Array& value() const { return tensor({}).value(); }
  const Shape& shape() const { return value().shape(); }
  std::size_t size() const { return value().size(); }
  Dtype dtype() const { return value().dtype(); }

  /// Replaces the numbers; histories keep those they saw. Throws ShapeError or DtypeError when they differ in shape or dtype.
  void set_value(const Tensor& value, SourceLocation at = SourceLocation::here());
  void set_value(Array value, SourceLocation at = SourceLocation::here());
  /// Changes the numbers in place where no history holds them, else in a copy: f(data, elements) for float or double data.
  template <class F>
  void update(const F& f) {
    Array& value = writable();
    if (value.dtype() == float32) {
      f(value.mutable_data<float>(), value.size());
    } else {
      f(value.mutable_data<double>(), value.size());
    }
  }
  /// Converts value to a floating dtype; the gradient is cleared. Throws DtypeError for another dtype.
  void to(Dtype dtype, SourceLocation at = SourceLocation::here());

  bool requires_grad() const;
  /// A frozen parameter is a constant to the tape.
  void set_requires_grad(bool on);

  bool has_grad() const;
  /// The sum of what backward() added since clear_grad(). Throws GradientError when there is none.
  const Tensor& grad(SourceLocation at = SourceLocation::here()) const;
  /// The gradient's numbers; its history is not kept. Throws ShapeError or DtypeError when it does not fit.
  void set_grad(Tensor gradient, SourceLocation at = SourceLocation::here());
  /// grad = grad + gradient. Throws ShapeError or DtypeError when it does not fit.
  void add_grad(Tensor gradient, SourceLocation at = SourceLocation::here());
  void clear_grad();

  /// For the engine: one more handle to a state.
  static ParameterRef share(detail::ParameterState* state);

  /// Whether both refer to one parameter.
  bool is_same(const ParameterRef& other) const { return state_ == other.state_; }
  /// For the engine. Null for a parameter that was moved from.
  detail::ParameterState* state() const { return state_; }

 protected:
  explicit ParameterRef(detail::ParameterState* state) : state_(state) {}

 private:
  /// The state. Throws Error for a parameter that was moved from.
  detail::ParameterState* get() const;
  /// The leaf's value, after a history that holds the leaf was left with the old one.
  Array& writable();

  detail::ParameterState* state_;
};

/// A named, trainable variable: value, gradient, requires_grad. A copy is a parameter of its own with the same value, as in
/// `auto w = model.weight` (`auto& w` refers to the model's). To use one parameter in two places, make the second from the first one's
/// share(), or assign it: `head.weight = embedding.weight.share()`. Optimizer::step() says where gradients go to a copy that no optimizer
/// has.
class Parameter : public ParameterRef {
 public:
  /// Throws DtypeError unless the value is floating.
  Parameter(std::string name, const Tensor& value, SourceLocation at = SourceLocation::here());
  /// Without a name: a module names its parameters after its members.
  explicit Parameter(const Tensor& value, SourceLocation at = SourceLocation::here()) : Parameter(std::string(), value, at) {}
  explicit Parameter(ParameterRef shared) : ParameterRef(std::move(shared)) {}

  Parameter(const Parameter& other);
  Parameter(Parameter&&) noexcept = default;
  Parameter& operator=(Parameter other) noexcept {
    ParameterRef::operator=(std::move(other));
    return *this;
  }

  /// Becomes the parameter that is shared; its own value is gone.
  Parameter& operator=(ParameterRef shared) noexcept {
    ParameterRef::operator=(std::move(shared));
    return *this;
  }

  ParameterRef share() const { return *this; }
};

}  // namespace reel

/// As its value prints.
template <std::derived_from<reel::ParameterRef> P>
struct fmt::formatter<P> : fmt::formatter<reel::Tensor> {
  fmt::format_context::iterator format(const reel::ParameterRef& parameter, fmt::format_context& context) const {
    return fmt::formatter<reel::Tensor>::format(parameter.tensor(), context);
  }
};
