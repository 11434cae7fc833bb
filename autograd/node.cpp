#include <reel/autograd/node.hpp>

#include <algorithm>
#include <new>

#include <reel/autograd/debug/gdb/layout.hpp>

namespace reel::detail {

/// So that the linker takes the table along from a static library: it is for gdb, and no code reads it.
[[gnu::used]] static const debug::gdb::LayoutEntry* const layout_for_gdb = reel_debug_layout;

std::uint64_t Node::next_id() {
  static std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

void Node::release() {
  inputs.clear();
  if (extras) extras->function.reset();
  released = true;
}

Node* Node::with(Array value_, SmallVector<Tensor, 3> inputs_) const {
  Node* const node = make(std::move(value_));
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
  if (describe) (node->describe = new (pool::allocate(sizeof(Describe))) Describe())->copy(*describe);
  if (extras) node->extras = std::make_unique<Extras>(*extras);
  node->inputs = std::move(inputs_);
  node->forward.copy(forward);
  node->rule.copy(rule);
  return node;
}

namespace {

void destroy(Node* node) noexcept {
  if (node->describe) {
    node->describe->~Describe();
    pool::deallocate(node->describe, sizeof(Describe));
  }
  ParameterState* const parameter = node->keeps_parameter ? node->parameter : nullptr;
  node->~Node();
  pool::deallocate(node, sizeof(Node));
  if (parameter) free_parameter(parameter);
}

}  // namespace

// A node that dies takes its inputs along, and they theirs: with a list instead of recursion, a million of them need no stack.
void free_node(Node* node) noexcept {
  thread_local constinit Node* waiting = nullptr;
  thread_local constinit bool busy = false;
  node->id = reinterpret_cast<std::uintptr_t>(waiting);  // nobody asks for it any more
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
  delete state;
}

namespace {

/// Positions of nodes, by address: an open-addressing table, since a sweep looks up every edge.
class Positions {
 public:
  explicit Positions(std::size_t expected) {
    std::size_t size = 64;
    while (size < expected * 2) size *= 2;
    slots_.resize(size);
  }

  /// The position of a node, which is `next` if it was not there.
  std::uint32_t insert(const Node* node, std::uint32_t next) {
    if (used_ * 2 >= slots_.size()) grow();
    Slot& slot = find(node);
    if (!slot.node) {
      slot = {node, next};
      ++used_;
    }
    return slot.position;
  }

 private:
  struct Slot {
    const Node* node = nullptr;
    std::uint32_t position = 0;
  };

  Slot& find(const Node* node) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = (reinterpret_cast<std::uintptr_t>(node) >> 6) * 0x9E3779B97F4A7C15u >> 20 & mask;
    while (slots_[i].node && slots_[i].node != node) i = (i + 1) & mask;
    return slots_[i];
  }

  void grow() {
    std::vector<Slot> before(slots_.size() * 2);
    before.swap(slots_);
    for (const Slot& slot : before)
      if (slot.node) find(slot.node) = slot;
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace

History History::of(std::span<Node* const> results, std::uint64_t since, Outside outside, bool constants) {
  History history;
  Positions positions(32);
  const auto insert = [&](Node* node) {
    const auto next = static_cast<std::uint32_t>(history.items.size());
    const std::uint32_t position = positions.insert(node, next);
    if (position == next) history.items.push_back({node, 0});
    return position;
  };
  for (Node* const result : results) history.roots.push_back(insert(result));
  // Every item is looked at once, in the order of discovery; its edges go behind those of the items before it.
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
      history.edges.push_back(wanted ? insert(from) : no_edge);
    }
  }
  history.sort();
  return history;
}

void History::sort() {
  const auto newer = [](const Item& a, const Item& b) { return a.node->id > b.node->id; };
  if (std::is_sorted(items.begin(), items.end(), newer)) return;
  std::vector<std::uint32_t> order(items.size()), rank(items.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return newer(items[a], items[b]); });
  std::vector<Item> sorted(items.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    sorted[i] = items[order[i]];
    rank[order[i]] = i;
  }
  items.swap(sorted);
  for (std::uint32_t& edge : edges)
    if (edge != no_edge) edge = rank[edge];
  for (std::uint32_t& root : roots) root = rank[root];
}

}  // namespace reel::detail
