#pragma once
#include <functional>
#include <string>
#include <vector>

/// What both sides of the benchmark do: the same sizes, losses and optimizers, in float32, as tests/bench/peer_torch.cpp has them.
struct Workload {
  std::string name;
  /// Makes the data and the model, and returns one step.
  std::function<std::function<void()>()> prepare;
  /// The least that a step has to do: multiply-adds of its matrix products and convolutions, forward and backward, each counted as two
  /// operations; and bytes that have to come from memory or go there, each array once an op that cannot be avoided. 0: negligible.
  double flops = 0, bytes = 0;
  /// The peer's name for it, where that is another.
  std::string peer = name;
};

std::vector<Workload> training_workloads();
std::vector<Workload> op_workloads();
