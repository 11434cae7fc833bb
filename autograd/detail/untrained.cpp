#include <reel/autograd/detail/untrained.hpp>

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

namespace reel::detail {

namespace {

struct Untrained {
  const ParameterState* parameter;
  std::uint64_t backward;  // the pass of the trained parameters beside it
  std::string text;
};

std::mutex mutex;

std::vector<Untrained>& waiting() {
  static auto* const list = new std::vector<Untrained>;  // never freed: parameters that outlive main() search it
  return *list;
}

struct Alone {
  std::size_t parameters = 0;
  SourceLocation at;
};
thread_local Alone alone;

bool is_trainable(const ParameterState* p) { return p && p->requires_grad; }

std::string title(const ParameterState* p) {
  const Shape& shape = p->leaf.shape();
  return p->name.empty() ? fmt::format("a parameter of shape {}", shape) : fmt::format("parameter {} of shape {}", p->name, shape);
}

/// The newest entry that uses the item.
const Node* user_of(const History& history, std::uint32_t item) {
  for (std::size_t i = 0; i < history.items.size(); ++i)
    for (std::size_t k = 0; k < history.items[i].node->inputs.size(); ++k)
      if (history.edge(i, k) == item) return history.items[i].node;
  return nullptr;
}

/// The text of the warning. A module's path names the class to look at (see Module::find_place).
std::string text_of(const ParameterState* p, const Node* user) {
  std::string text = title(p) + " gets a gradient, and no optimizer has it: it stays as it is";
  if (!user) return text;
  text += fmt::format("; it is used by {}{}", describe(user), place_text(user));
  const std::string note = note_of(user->module);
  const bool is_hidden = note.starts_with('!');
  if (is_hidden) {
    text += "; " + note.substr(1);
  } else if (p->name.empty() || p->has_own_name) {
    text += note.empty() ? "; a module has to name it in REEL_MEMBERS" : fmt::format("; the REEL_MEMBERS of {} should name it", note);
  }
  return text + "; give it to the optimizer, or freeze it (set_requires_grad(false))";
}

}  // namespace

void note_untrained(const History& history, std::size_t number_alone, SourceLocation at) {
  alone = {number_alone, at};
  if (number_alone > 0) return;
  std::vector<Untrained> found;
  for (std::uint32_t i = 0; i < history.items.size(); ++i) {
    ParameterState* const p = history.items[i].node->parameter;
    if (!is_trainable(p) || p->in_optimizer || std::exchange(p->is_untrained, true)) continue;
    found.push_back({p, 0, text_of(p, user_of(history, i))});
  }
  if (found.empty()) return;
  const std::lock_guard lock(mutex);
  static std::uint64_t last = 0;
  ++last;
  for (const History::Item& item : history.items)
    if (is_trainable(item.node->parameter) && item.node->parameter->in_optimizer) item.node->parameter->backward = last;
  for (Untrained& entry : found) {
    entry.backward = last;
    waiting().push_back(std::move(entry));
  }
  untrained_count = waiting().size();
}

void note_all_trained() noexcept { alone = {}; }

std::vector<std::string> take_untrained(const std::vector<ParameterRef>& trained) {
  std::vector<std::string> texts;
  const std::lock_guard lock(mutex);
  std::erase_if(waiting(), [&](const Untrained& entry) {
    const bool is_beside =
        std::any_of(trained.begin(), trained.end(), [&](const ParameterRef& p) { return p.state()->backward == entry.backward; });
    if (!is_beside) return false;
    if (!entry.parameter->in_optimizer && !entry.parameter->grad_was_read) texts.push_back(entry.text);
    return true;
  });
  untrained_count = waiting().size();
  return texts;
}

void forget_untrained(const ParameterState* state) noexcept {
  const std::lock_guard lock(mutex);
  std::erase_if(waiting(), [&](const Untrained& entry) { return entry.parameter == state; });
  untrained_count = waiting().size();
}

std::string last_untrained() {
  if (alone.parameters == 0) return {};
  return fmt::format("{} parameter{} that no optimizer has{}", alone.parameters, alone.parameters == 1 ? "" : "s", place_text(alone.at));
}

void set_in_optimizer(const ParameterRef& parameter) {
  parameter.state()->in_optimizer = true;
  alone = {};  // an earlier backward() says nothing about this optimizer's steps
}

std::vector<ParameterRef> parameters_of(const std::vector<Tensor>& results) {
  std::vector<ParameterRef> list;
  for (const Tensor& result : results) {
    if (!result.defined() || !result.has_history()) continue;
    for (const History::Item& item : History::of(result.node(), false).items) {
      ParameterState* const p = item.node->parameter;
      if (!is_trainable(p)) continue;
      const bool is_known = std::any_of(list.begin(), list.end(), [&](const ParameterRef& known) { return known.state() == p; });
      if (!is_known) list.push_back(ParameterRef::share(p));
    }
  }
  return list;
}

}  // namespace reel::detail
