#pragma once
// Internal; not installed.
#include <span>
#include <utility>
#include <vector>

#include <reel/autograd/checkpoint.hpp>
#include <reel/autograd/detail/node.hpp>
#include <reel/core/random.hpp>

namespace reel::detail {

/// Replaces tensors that a function captured while it is computed again: by the values they had the first time, or by those to compute
/// with instead. Looked up in every op's inputs while one is in the context.
class Substitution {
 public:
  explicit Substitution(const Substitution* outer) : outer_(outer) {}
  void replace(const void* identity, const Tensor& by) { items_.push_back({identity, by}); }
  bool empty() const { return items_.empty(); }

  /// What stands for this node, or null.
  const Tensor* find(const Node* node) const;
  /// What a function captured when it now meets this node.
  const void* captured_as(const Node* node) const;

 private:
  struct Item {
    const void* identity;
    Tensor by;
  };

  const Substitution* outer_;
  std::vector<Item> items_;
};

/// What an entry that is made of a function needs in order to run it again.
class FunctionEntry {
 public:
  explicit FunctionEntry(UniquePtr<KeptFunction> f);

  /// Calls the function for the first time, recording. Its random draws are noted down.
  Tensor run_first(std::span<const Tensor> inputs);
  /// What it recorded: how many ops, and the tensors with a history that they used besides the inputs. `since` was taken before.
  struct Inside {
    std::size_t ops = 0;
    std::vector<Tensor> captured;
  };
  static Inside inside(const Tensor& y, std::span<const Tensor> inputs, std::uint64_t since);
  /// To be called once all inputs are known, captured ones included.
  void set_inputs(std::span<const Tensor> inputs);
  /// Calls the function as it was called the first time, with these inputs: the given ones and what it captured.
  Tensor run(std::span<const Tensor> inputs, bool record) const;

  UniquePtr<KeptRule> rule;

 private:
  UniquePtr<KeptFunction> f_;
  std::size_t given_ = 0;                // so many inputs are the function's; the others it captured
  std::vector<const void*> identities_;  // of all, as the function sees them
  kernels::DrawLog draws_;
  // What it ran in.
  bool in_module_ = false, in_call_ = false;
  ModuleFrame module_;
  SourceLocation call_site_;
};

/// What the function of a checkpoint records when it is computed again, with all that is outside as leaves.
struct Recomputed {
  Tensor result;
  History history;
};
/// Throws GradientError when the function does not repeat itself.
Recomputed compute_again(Node* checkpoint);

/// x itself, as an entry of its own to differentiate by.
Tensor view_of(const Tensor& x);

}  // namespace reel::detail
