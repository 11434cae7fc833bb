#pragma once
#include <concepts>
#include <initializer_list>
#include <vector>

#include <reel/core/mistake.hpp>
#include <reel/nn/layers/held.hpp>

namespace reel::nn {

namespace detail {

/// A function as a layer. An op is recorded with the place where the Sequential was called, other functions with the places in their own
/// source.
template <class F>
class FunctionLayer : public Module {
 public:
  FunctionLayer(F function, std::string name) : function_(std::move(function)), name_(std::move(name)) {}
  Tensor forward(const Tensor& x) override {
    if constexpr (std::same_as<F, Tensor (*)(Operand)>) {
      return function_(Operand(x, called_at()));
    } else {
      return function_(x);
    }
  }
  std::string description() const override { return name_; }

 private:
  F function_;
  std::string name_;
};

template <class F>
concept TensorFunction = !std::derived_from<F, Module> && std::is_invocable_r_v<Tensor, F&, const Tensor&>;

/// The name of the op that a function records, such as "tanh"; "function" where it records several ops or the name cannot be found out.
std::string name_of_function(Tensor (*function)(Operand));

}  // namespace detail

/// Calls layers one after the other. Layers are modules, also other Sequentials, and plain functions of a tensor; they are named "0", "1",
/// ...
///
///     nn::Sequential model{nn::Linear(8, 10), relu, nn::Linear(10, 1), sigmoid};
class Sequential : public Module {
 public:
  /// One layer of the list.
  class Layer {
   public:
    template <std::derived_from<Module> M>
    Layer(M module) : held_(detail::Held::make(std::move(module))) {}
    /// An op, such as relu.
    Layer(Tensor (*function)(Operand));
    /// Any other function of a tensor.
    template <detail::TensorFunction F>
    Layer(F function) : held_(wrap(std::move(function), "function")) {}
    REEL_MISTAKE("a layer is a module, or a function of one tensor that returns a Tensor", Layer(...));

   private:
    friend class Sequential;
    template <class F>
    static detail::Held wrap(F function, std::string name) {
      return detail::Held::make(detail::FunctionLayer<F>(std::move(function), std::move(name)));
    }
    mutable detail::Held held_;  // taken out of initializer lists, whose elements are const: a copy would have parameters of its own
  };

  Sequential(std::initializer_list<Layer> layers);
  Sequential();
  Sequential(const Sequential& other);
  Sequential(Sequential&& other) noexcept;
  Sequential& operator=(Sequential other) noexcept;
  ~Sequential() override;

  /// Puts a layer at the end.
  void append(Layer layer);
  void push_back(Layer layer) { append(std::move(layer)); }
  /// Replaces the i-th layer. An optimizer that was made before does not know the new layer's parameters. Throws ShapeError for an index
  /// out of range.
  void replace(detail::LayerIndex i, Layer layer);
  /// Inserts a layer before the i-th one; i = size() appends. The layers after it get new names.
  void insert(detail::LayerIndex i, Layer layer);
  std::size_t size() const { return layers_.size(); }
  /// The i-th layer; negative numbers count from the back. Throws ShapeError out of range.
  Module& operator[](detail::LayerIndex i);
  /// The i-th layer as its own type (checked downcast), as in `model.get<nn::Linear>(0).weight`. Throws Error if the layer has another
  /// type.
  template <std::derived_from<Module> M>
  M& get(detail::LayerIndex i, SourceLocation at = SourceLocation::here()) {
    i.at = at;
    return detail::as<M>((*this)[i], "layer " + std::to_string(i.value) + " of a Sequential", at);
  }

  Tensor forward(const Tensor& x) override;
  void visit_members(MemberVisitor& visitor) override;
  UniquePtr<Module> clone() const override;

 private:
  std::vector<detail::Held> layers_;
};

}  // namespace reel::nn
