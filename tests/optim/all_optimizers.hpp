#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <reel/reel.hpp>

using MakeOptimizer = std::function<reel::UniquePtr<reel::optim::Optimizer>(const std::vector<reel::ParameterRef>&)>;

/// Every optimizer, with options that make it keep all that it can.
inline const std::vector<std::pair<std::string, MakeOptimizer>> all_optimizers = [] {
  using namespace reel;
  using namespace reel::optim;
  using List = std::vector<ParameterRef>;
  const auto own = [](auto optimizer) { return UniquePtr<Optimizer>(new auto(std::move(optimizer))); };
  return std::vector<std::pair<std::string, MakeOptimizer>>{
      {"SGD", [=](const List& p) { return own(SGD(p, {.lr = 0.05, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true})); }},
      {"plain SGD", [=](const List& p) { return own(SGD(p, {.lr = 0.05})); }},
      {"Adam", [=](const List& p) { return own(Adam(p, {.lr = 0.01, .weight_decay = 0.01})); }},
      {"Adam, amsgrad", [=](const List& p) { return own(Adam(p, {.lr = 0.01, .amsgrad = true})); }},
      {"AdamW", [=](const List& p) { return own(AdamW(p, {.lr = 0.01})); }},
      {"RMSprop", [=](const List& p) { return own(RMSprop(p, {.lr = 0.01, .momentum = 0.5, .centered = true})); }},
      {"RMSprop, centered", [=](const List& p) { return own(RMSprop(p, {.lr = 0.01, .centered = true})); }},
      {"Adagrad", [=](const List& p) { return own(Adagrad(p, {.lr = 0.1, .lr_decay = 0.01, .initial_accumulator_value = 0.1})); }},
      {"Adadelta", [=](const List& p) { return own(Adadelta(p)); }},
      {"Adamax", [=](const List& p) { return own(Adamax(p, {.lr = 0.01})); }},
      {"NAdam", [=](const List& p) { return own(NAdam(p, {.lr = 0.01})); }},
      {"RAdam", [=](const List& p) { return own(RAdam(p, {.lr = 0.01})); }},
      {"Lion", [=](const List& p) { return own(Lion(p, {.lr = 0.001, .weight_decay = 0.1})); }},
      {"LBFGS", [=](const List& p) { return own(LBFGS(p, {.lr = 0.1, .max_iter = 3, .history_size = 4})); }},
      {"LBFGS, strong Wolfe", [=](const List& p) { return own(LBFGS(p, {.max_iter = 2, .strong_wolfe = true})); }},
  };
}();
