#include <reel/nn/layers/sequential.hpp>

#include <fmt/format.h>
#include <reel/autograd/tape.hpp>

namespace reel::nn {

std::string detail::name_of_function(Tensor (*function)(Operand)) {
  struct Recording {  // also where a model is made under NoGrad
    bool before = std::exchange(reel::detail::context.recording, true);
    ~Recording() { reel::detail::context.recording = before; }
  } recording;
  try {
    const Tensor x = variable(zeros({1, 1}));
    const Entry made(function(x));
    const std::vector<Tensor> inputs = made.inputs();
    const bool is_one_op = inputs.size() == 1 && inputs[0].base() == x.base();
    return is_one_op ? made.op() : "function";
  } catch (const Error&) {
    return "function";  // it needs another kind of tensor than the one above
  }
}

Sequential::Sequential(std::initializer_list<Layer> layers) {
  for (const Layer& layer : layers) layers_.push_back(layer.held_.take());
}

Sequential::Layer::Layer(Tensor (*function)(Operand)) : held_(wrap(function, detail::name_of_function(function))) {}

Sequential::Sequential() = default;
Sequential::Sequential(Sequential&& other) noexcept = default;
Sequential::~Sequential() = default;

Sequential& Sequential::operator=(Sequential other) noexcept {
  layers_.swap(other.layers_);
  Module::operator=(std::move(other));
  return *this;
}

UniquePtr<Module> Sequential::clone() const { return detail::clone_of(*this); }

void Sequential::append(Layer layer) {
  layers_.push_back(layer.held_.take());
  structure_changed();
}

void Sequential::replace(detail::LayerIndex i, Layer layer) {
  detail::replace("Sequential", layers_, i, layer.held_);
  structure_changed();
}

void Sequential::insert(detail::LayerIndex i, Layer layer) {
  detail::insert("Sequential", layers_, i, layer.held_);
  structure_changed();
}

Sequential::Sequential(const Sequential& other) : Module(other) {
  for (const detail::Held& layer : other.layers_) layers_.push_back(layer.clone());
}

Module& Sequential::operator[](detail::LayerIndex i) { return *layers_[detail::position_in("Sequential", layers_, i)].module; }

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  const SourceLocation at = called_at();
  for (detail::Held& layer : layers_) y = (*layer.module)(y, at);
  return y;
}

void Sequential::visit_members(MemberVisitor& visitor) {
  for (std::size_t i = 0; i < layers_.size(); ++i) visitor.module(std::to_string(i), *layers_[i].module);
}

}  // namespace reel::nn
