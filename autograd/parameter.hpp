#pragma once
#include <concepts>
#include <string>

#include <reel/autograd/tensor.hpp>

namespace reel {

namespace detail {
struct ParameterState;
}

/// A handle to a parameter that another object owns: the element type of lists of parameters and of optimizers. All copies refer to the
/// same parameter.
class ParameterRef {
 public:
  ParameterRef(const ParameterRef& other) noexcept;
  ParameterRef(ParameterRef&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  ParameterRef& operator=(ParameterRef other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~ParameterRef();

  /// The name that the user gave to the parameter, or else its module.
  const std::string& name() const;
  void set_name(std::string name);
  /// Whether the user gave the name; otherwise a module may rename the parameter with set_default_name().
  bool has_own_name() const;
  void set_default_name(std::string name);

  /// The parameter's leaf on the tape, which ops take as their input. It has a history (itself) unless requires_grad() is false. Throws
  /// Error, as do all functions here, for a parameter that was moved from.
  const Tensor& tensor(SourceLocation at = SourceLocation::here()) const;
  operator const Tensor&() const { return tensor({}); }
  const Array& value() const { return tensor({}).value(); }
  const Shape& shape() const { return value().shape(); }
  std::size_t size() const { return value().size(); }
  Dtype dtype() const { return value().dtype(); }

  /// Replaces the value; histories that were recorded before keep the old one. Throws ShapeError or DtypeError when shape or dtype differ.
  void set_value(const Tensor& value, SourceLocation at = SourceLocation::here());
  void set_value(Array value, SourceLocation at = SourceLocation::here());
  /// Changes the value by f(data, elements), where data points to float or double: in place where no history holds the value, else in a
  /// copy.
  template <class F>
  void update(const F& f) {
    Array& value = writable();
    if (value.dtype() == float32) {
      f(value.mutable_data<float>(), value.size());
    } else {
      f(value.mutable_data<double>(), value.size());
    }
  }
  /// Converts the value to a floating dtype and clears the gradient. Throws DtypeError for any other dtype.
  void to(Dtype dtype, SourceLocation at = SourceLocation::here());

  bool requires_grad() const;
  /// Freezes (false) or unfreezes (true) the parameter. A frozen parameter is a constant to the tape.
  void set_requires_grad(bool on);

  bool has_grad() const;
  /// The sum of what backward() added since clear_grad(). Throws GradientError when there is none.
  const Tensor& grad(SourceLocation at = SourceLocation::here()) const;
  /// Sets the gradient; the history of the given tensor is not kept. Throws ShapeError or DtypeError when it does not fit the value.
  void set_grad(Tensor gradient, SourceLocation at = SourceLocation::here());
  /// Adds to the gradient. Throws ShapeError or DtypeError when it does not fit the value.
  void add_grad(Tensor gradient, SourceLocation at = SourceLocation::here());
  void clear_grad();

  /// For the engine: another handle to a state.
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
  /// The value, to be written to; a history that holds the present leaf keeps the old value.
  Array& writable();

  detail::ParameterState* state_;
};

/// A named, trainable variable: value, gradient, requires_grad. A copy is a separate parameter with the same value, as in `auto w =
/// model.weight` (`auto& w` refers to the model's). To use one parameter in two places, construct or assign the second from the first one's
/// share(): `head.weight = embedding.weight.share()`. Optimizer::step() documents what happens to the gradient of a copy that no optimizer
/// has.
class Parameter : public ParameterRef {
 public:
  /// Throws DtypeError unless the value is floating.
  Parameter(std::string name, const Tensor& value, SourceLocation at = SourceLocation::here());
  /// A parameter without a name: a module names its parameters after its members.
  explicit Parameter(const Tensor& value, SourceLocation at = SourceLocation::here()) : Parameter(std::string(), value, at) {}
  explicit Parameter(ParameterRef shared) : ParameterRef(std::move(shared)) {}

  Parameter(const Parameter& other);
  Parameter(Parameter&&) noexcept = default;
  Parameter& operator=(Parameter other) noexcept {
    ParameterRef::operator=(std::move(other));
    return *this;
  }

  /// Becomes another handle to the shared parameter; the value that this one had is dropped.
  Parameter& operator=(ParameterRef shared) noexcept {
    ParameterRef::operator=(std::move(shared));
    return *this;
  }

  ParameterRef share() const { return *this; }
};

}  // namespace reel

/// Formats the value.
template <std::derived_from<reel::ParameterRef> P>
struct fmt::formatter<P> : fmt::formatter<reel::Tensor> {
  fmt::format_context::iterator format(const reel::ParameterRef& parameter, fmt::format_context& context) const {
    return fmt::formatter<reel::Tensor>::format(parameter.tensor(), context);
  }
};
