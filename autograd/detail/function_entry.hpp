#pragma once
#include <span>
#include <utility>
#include <vector>

#include <reel/autograd/checkpoint.hpp>
#include <reel/autograd/detail/node.hpp>
#include <reel/core/random.hpp>

namespace reel::detail {

/// Replaces tensors that a function captured while it is computed again: by the values that they had the first time, or by the values to
/// compute with instead. Looked up for every op's inputs while a Substitution is in the context.
class Substitution {
 public:
  explicit Substitution(const Substitution* outer) : outer_(outer) {}
  void replace(const void* identity, const Tensor& by) { items_.push_back({identity, by}); }
  bool empty() const { return items_.empty(); }

  /// The replacement of this node, or null.
  const Tensor* find(const Node* node) const;
  /// The identity of the captured tensor that this node replaces in the function.
  const void* captured_as(const Node* node) const;

 private:
  struct Item {
    const void* identity;
    Tensor by;
  };

  const Substitution* outer_;
  std::vector<Item> items_;
};

/// The data of an entry that is made of a function, needed to run the function again.
class FunctionEntry {
 public:
  explicit FunctionEntry(UniquePtr<KeptFunction> f);

  /// Calls the function for the first time, recording its ops; notes its random draws.
  Tensor run_first(std::span<const Tensor> inputs);
  /// What the function recorded: the number of ops, and the tensors with a history that they used besides the inputs. `since` is a
  /// Node::next_id() from before the call.
  struct Inside {
    std::size_t ops = 0;
    std::vector<Tensor> captured;
  };
  static Inside inside(const Tensor& y, std::span<const Tensor> inputs, std::uint64_t since);
  /// To be called when all inputs are known, captured ones included.
  void set_inputs(std::span<const Tensor> inputs);
  /// Calls the function again with these inputs: the given ones, followed by those that it captured.
  Tensor run(std::span<const Tensor> inputs, bool record) const;

  UniquePtr<KeptRule> rule;

 private:
  UniquePtr<KeptFunction> f_;
  std::size_t given_ = 0;                // number of inputs that are arguments of the function; the others are captured
  std::vector<const void*> identities_;  // of all inputs, as the function sees them
  kernels::DrawLog draws_;
  // The module and the call site in which it ran.
  bool in_module_ = false, in_call_ = false;
  ModuleFrame module_;
  SourceLocation call_site_;
};

/// The entries that a checkpoint's function records when it is computed again, with everything outside as leaves.
struct Recomputed {
  Tensor result;
  History history;
};
/// Throws GradientError when the function computes something else than the first time.
Recomputed compute_again(Node* checkpoint);

/// x as a new entry, to differentiate with respect to it.
Tensor view_of(const Tensor& x);

}  // namespace reel::detail
