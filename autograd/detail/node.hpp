#pragma once
// The engine's view of the tape.
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include <reel/autograd/record.hpp>

namespace reel::detail {

enum class Kind : std::uint8_t { constant, variable, parameter, op };

class HookList;
class FunctionEntry;

/// Members that only few nodes need.
struct Extras {
  std::shared_ptr<HookList> hooks;
  std::shared_ptr<FunctionEntry> function;
};

/// One entry of the tape, and the value that a Tensor refers to.
struct Node : NodeBase {
  Node(Array value_, std::uint64_t id_) : NodeBase(std::move(value_)), id(id_) {}

  std::uint64_t id;  // larger than those of its inputs
  Kind kind = Kind::constant;
  bool tracked = false;     // a gradient can flow through it
  bool broadcasts = false;  // its rule's gradients are summed down to the inputs' shapes
  bool released = false;    // its inputs were let go by backward()
  bool keeps_parameter = false;
  bool cut = false;         // a constant that an op without a gradient computed from a variable: `op`, at `location`
  bool recomputes = false;  // a checkpoint: the sweep goes through what its function records when it is computed again
  std::uint32_t depth = 0;  // number of entries on the longest path to a leaf
  const char* op = "";
  const char* rule_text = "";
  const OpNotes* notes = nullptr;
  const char* module = "";
  SourceLocation location;
  ParameterState* parameter = nullptr;
  std::unique_ptr<std::string> name;
  Describe* describe = nullptr;
  std::unique_ptr<Extras> extras;
  SmallVector<Tensor, 3> inputs;
  ForwardFunction forward;
  Rule rule;

  /// A new id, larger than all ids so far, of any thread.
  static std::uint64_t next_id();
  /// An id for a leaf: larger than the ids that this thread had before, and smaller than those that next_id() gives to any op that can see
  /// the leaf.
  static std::uint64_t leaf_id();
  static Node* make(Array value, std::uint64_t id = leaf_id()) { return new (memory::allocate(sizeof(Node))) Node(std::move(value), id); }
  /// Creates the place for the node's description; it must not have one yet.
  Describe& new_description();
  /// Releases everything that is needed only to differentiate.
  void release();
  /// A copy of this entry with another value and other inputs: op, rule, location, name and hooks are the same.
  Node* with(Array value, SmallVector<Tensor, 3> inputs) const;
};

/// A parameter's shared state. It owns the leaf of its present value; a leaf of an earlier value that a history still holds owns
/// the state instead (keeps_parameter), so that its gradient finds the parameter.
struct ParameterState {
  RefCount owners;
  std::string name;
  bool has_own_name = false;
  bool requires_grad = true;
  Tensor leaf;
  Tensor grad;
  std::shared_ptr<HookList> hooks;
  bool in_optimizer = false;               // an optimizer has or had it
  bool is_untrained = false;               // registered in untrained.hpp
  std::atomic<bool> grad_was_read{false};  // by the user
  std::uint64_t backward = 0;              // the last pass that reached it beside an untrained parameter
};

/// Releases one reference to a parameter's state.
void free_parameter(ParameterState* state) noexcept;
/// Called when a parameter that untrained.hpp knows is destroyed.
void forget_untrained(const ParameterState* state) noexcept;
/// Implements ParameterRef::add_grad().
void add_gradient(ParameterState* state, Tensor gradient);

/// The identity of a leaf in a sweep: its parameter, if it has one, whichever value the parameter had when the leaf was recorded.
inline const void* identity(const Node* node) { return node->parameter ? static_cast<const void*>(node->parameter) : node; }

/// The hooks on a tensor's gradient, or null; a parameter's hooks outlive its value.
inline HookList* hooks_of(const Node* node) {
  if (node->parameter) return node->parameter->hooks.get();
  return node->extras ? node->extras->hooks.get() : nullptr;
}

/// The tracked history of some results, newest first, with an edge list; sweeps and tapes iterate over it.
class History {
 public:
  struct Item {
    Node* node;
    std::uint32_t first_edge;  // into edges: one per input; no_edge if the input is not in the history
    std::uint32_t found;       // the order in which it was found
  };
  static constexpr std::uint32_t no_edge = ~std::uint32_t{0};

  memory::Vector<Item> items;
  memory::Vector<std::uint32_t> edges;  // positions in items
  SmallVector<std::uint32_t, 2> roots;  // positions of the results

  /// With `constants`, inputs that are not tracked are items too.
  static History of(Node* result, bool constants) { return of({&result, 1}, 0, Outside::left_out, constants); }

  /// What to do with entries older than a part of the tape, and with parameters.
  enum class Outside { left_out, kept };
  /// The part of the results' history that was recorded after `since` was taken from Node::next_id(). What is older is left out, or
  /// kept as leaves.
  static History of(std::span<Node* const> results, std::uint64_t since, Outside outside, bool constants = false);

  std::uint32_t edge(std::size_t item, std::size_t input) const { return edges[items[item].first_edge + input]; }

 private:
  void sort();
};

}  // namespace reel::detail

inline reel::detail::Node* reel::Tensor::node() const { return static_cast<detail::Node*>(node_); }
