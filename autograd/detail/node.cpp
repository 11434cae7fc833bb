#include <reel/autograd/detail/node.hpp>

#include <algorithm>
#include <new>

namespace reel::detail {

namespace {

// Ids of leaves lie between those of ops: most nodes are constants that no history ever holds (gradients), and a counter that all threads
// share costs more than all else that such a node needs.
constexpr std::uint64_t leaves_between = 256;
constinit std::atomic<std::uint64_t> last_id{0};

}  // namespace

std::uint64_t Node::next_id() { return last_id.fetch_add(leaves_between, std::memory_order_relaxed) + leaves_between; }

std::uint64_t Node::leaf_id() {
  [[gnu::tls_model("initial-exec")]] thread_local constinit std::uint64_t last = 0;
  last = std::max(last, last_id.load(std::memory_order_relaxed)) + 1;
  if (last % leaves_between == 0) last = next_id();
  return last;
}

void Node::release() {
  inputs.clear();
  if (extras) extras->function.reset();
  released = true;
}

Node* Node::with(Array value_, SmallVector<Tensor, 3> inputs_) const {
  Node* const node = make(std::move(value_));
  Tensor owner = Tensor::adopt(node);  // what follows may throw
  node->kind = kind;
  node->tracked = tracked;
  node->broadcasts = broadcasts;
  node->recomputes = recomputes;
  node->depth = depth;
  node->op = op;
  node->rule_text = rule_text;
  node->notes = notes;
  node->module = module;
  node->location = location;
  if (parameter) {
    parameter->owners.add();
    node->parameter = parameter;
    node->keeps_parameter = true;
  }
  if (name) node->name = std::make_unique<std::string>(*name);
  if (describe) node->new_description().copy(*describe);
  if (extras) node->extras = std::make_unique<Extras>(*extras);
  node->inputs = std::move(inputs_);
  node->forward.copy(forward);
  node->rule.copy(rule);
  owner.release();
  return node;
}

namespace {

void destroy(Node* node) noexcept {
  if (node->describe) {
    node->describe->~Describe();
    memory::deallocate(node->describe, sizeof(Describe));
  }
  ParameterState* const parameter = node->keeps_parameter ? node->parameter : nullptr;
  node->~Node();
  memory::deallocate(node, sizeof(Node));
  if (parameter) free_parameter(parameter);
}

}  // namespace

Describe& Node::new_description() {
  describe = new (memory::allocate(sizeof(Describe))) Describe();
  return *describe;
}

// A destroyed node destroys its inputs, and they theirs: with a list instead of recursion, a million of them need no stack.
void free_node(NodeBase* base) noexcept {
  Node* const node = static_cast<Node*>(base);
  [[gnu::tls_model("initial-exec")]] thread_local constinit Node* waiting = nullptr;
  [[gnu::tls_model("initial-exec")]] thread_local constinit bool busy = false;
  node->id = reinterpret_cast<std::uintptr_t>(waiting);  // the id is not needed any more
  waiting = node;
  if (busy) return;
  busy = true;
  while (waiting) {
    Node* const next = waiting;
    waiting = reinterpret_cast<Node*>(next->id);
    destroy(next);
  }
  busy = false;
}

void free_parameter(ParameterState* state) noexcept {
  if (!state->owners.remove()) return;
  if (state->leaf.defined()) state->leaf.node()->parameter = nullptr;
  if (state->is_untrained) [[unlikely]]
    forget_untrained(state);
  delete state;
}

namespace {

/// Positions of nodes in a history's items, by address: an open-addressing table, since a sweep looks up every edge.
class Positions {
 public:
  explicit Positions(memory::Vector<History::Item>& items) : items_(items), slots_(64) {}

  /// The position of a node; appends the node if it is not there yet.
  std::uint32_t insert(Node* node) {
    if (items_.size() * 2 >= slots_.size()) grow();
    std::uint32_t& slot = find(node);
    if (slot == 0) {
      items_.push_back({node, 0, static_cast<std::uint32_t>(items_.size())});
      slot = static_cast<std::uint32_t>(items_.size());
    }
    return slot - 1;
  }

 private:
  std::uint32_t& find(const Node* node) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = (reinterpret_cast<std::uintptr_t>(node) >> 6) * 0x9E3779B97F4A7C15u >> 20 & mask;
    while (slots_[i] != 0 && items_[slots_[i] - 1].node != node) i = (i + 1) & mask;
    return slots_[i];
  }

  void grow() {
    slots_ = memory::Vector<std::uint32_t>(slots_.size() * 2);
    for (std::uint32_t i = 0; i < items_.size(); ++i) find(items_[i].node) = i + 1;
  }

  memory::Vector<History::Item>& items_;
  memory::Vector<std::uint32_t> slots_;  // position + 1, or 0
};

}  // namespace

History History::of(std::span<Node* const> results, std::uint64_t since, Outside outside, bool constants) {
  History history;
  Positions positions(history.items);
  for (Node* const result : results) history.roots.push_back(positions.insert(result));
  // Every item is visited once, in the order of discovery; its edges follow those of the items before it.
  for (std::size_t i = 0; i < history.items.size(); ++i) {
    Node* const node = history.items[i].node;
    history.items[i].first_edge = static_cast<std::uint32_t>(history.edges.size());
    if (node->id < since) {
      history.edges.resize(history.edges.size() + node->inputs.size(), no_edge);
      continue;
    }
    for (const Tensor& input : node->inputs) {
      Node* const from = input.node();
      const bool wanted =
          (from->tracked || (constants && (from->value.rank() > 0 || from->name))) && (from->id >= since || outside == Outside::kept);
      history.edges.push_back(wanted ? positions.insert(from) : no_edge);
    }
  }
  history.sort();
  return history;
}

void History::sort() {
  const auto newer = [](const Item& a, const Item& b) { return a.node->id > b.node->id; };
  if (std::is_sorted(items.begin(), items.end(), newer)) return;
  std::sort(items.begin(), items.end(), newer);
  memory::Vector<std::uint32_t> rank(items.size());
  for (std::uint32_t i = 0; i < rank.size(); ++i) rank[items[i].found] = i;
  for (std::uint32_t& edge : edges)
    if (edge != no_edge) edge = rank[edge];
  for (std::uint32_t& root : roots) root = rank[root];
}

}  // namespace reel::detail
