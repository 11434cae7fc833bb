#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <reel/reel.hpp>

/// A layer of a user's own, as the introduction shows it.
struct Highway : reel::nn::Module {
  reel::nn::Linear transform, gate;
  reel::Parameter scale;

  explicit Highway(std::size_t width) : transform(width, width), gate(width, width), scale(reel::ones({width})) {}
  REEL_MEMBERS(transform, gate, scale)

  reel::Tensor forward(const reel::Tensor& x) override {
    const reel::Tensor g = sigmoid(gate(x));
    return g * relu(transform(x)) * scale + (1 - g) * x;
  }
};

inline reel::nn::Sequential highway_model() {
  using namespace reel;
  return {nn::Linear(4, 8), Highway(8), nn::Sequential{tanh, nn::Dropout(0.1)}, nn::Linear(8, 1), sigmoid};
}

/// A module of every kind of member.
struct Everything : reel::nn::Module {
  reel::Parameter bare;
  std::optional<reel::Parameter> present, absent;
  reel::Tensor buffer;
  reel::Tensor undefined;
  reel::nn::Linear child;
  std::optional<reel::nn::Linear> maybe, never;
  std::vector<reel::nn::Linear> list;
  std::vector<reel::Parameter> weights;
  std::unique_ptr<reel::nn::Linear> unique;
  std::shared_ptr<reel::nn::Linear> shared;
  std::shared_ptr<reel::nn::Linear> empty;
  Highway nested_;

  Everything()
      : bare(reel::ones({2})),
        buffer(reel::zeros({3})),
        child(1, 2),
        unique(new reel::nn::Linear(1, 1)),
        shared(new reel::nn::Linear(1, 1)),
        nested_(2) {
    present.emplace(reel::ones({1}));
    maybe.emplace(1, 1);
    list.emplace_back(1, 3);
    list.emplace_back(3, 1, reel::nn::LinearOptions{.bias = false});
    weights.emplace_back(reel::ones({4}));
    weights.emplace_back("mine", reel::ones({5}));
  }
  REEL_MEMBERS(bare, present, absent, buffer, undefined, child, maybe, never, list, weights, unique, shared, empty, nested_)
};

/// The newest entry of this op in the history of a result.
inline reel::Entry entry_of(const reel::Tensor& result, const std::string& op) {
  const reel::Tape tape(result);
  for (std::size_t i = tape.size(); i-- > 0;)
    if (tape[i].op() == op) return tape[i];
  throw reel::Error("the tape has no " + op);
}

inline std::vector<std::string> names_of(const std::vector<reel::ParameterRef>& parameters) {
  std::vector<std::string> names;
  for (const reel::ParameterRef& parameter : parameters) names.push_back(parameter.name());
  return names;
}

/// Whether two states have the same names and the same bits.
inline bool same_bits(const reel::State& a, const reel::State& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, tensor] : a)
    if (!b.contains(name) || !identical(tensor.value(), b.at(name).value())) return false;
  return true;
}
