#include <reel/autograd/debug/detail/run.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/unwatched.hpp>
#include <reel/autograd/detail/sweep.hpp>
#include <reel/core/format.hpp>

namespace reel::debug {

using reel::detail::History;
using reel::detail::Kind;
using reel::detail::Node;

Run::Run(const Tensor& result) {
  result.value();
  history_ = History::of(result.node(), true);
  for (std::size_t i = 0; i < size(); ++i) {
    const Node* const own = node(i);
    if (own->released)
      throw Error(
          fmt::format("debug: the history of {} (recorded at {}) was released by an earlier backward(); pass {{.retain = true}} "
                      "to that one to keep it",
                      own->op, reel::to_string(own->location)));
  }
  copy_entries();
  list_users();
}

/// Copies the ops' entries, which share their values: a backward() that releases the program's history does not affect them.
void Run::copy_entries() {
  std::vector<Tensor> copies(size());
  for (std::size_t i = 0; i < size(); ++i) {
    Node* const own = node(i);
    if (own->kind != Kind::op) {
      copies[i] = Tensor::share(own);
      continue;
    }
    SmallVector<Tensor, 3> inputs_now;
    for (std::size_t k = 0; k < own->inputs.size(); ++k) {
      const std::size_t from = input(i, k);
      inputs_now.push_back(from == npos ? own->inputs[k] : copies[from]);
    }
    copies[i] = Tensor::adopt(own->with(own->value, std::move(inputs_now)));
    copies[i].node()->id = own->id;
  }
  for (std::size_t i = 0; i < size(); ++i) history_.items[item(i)].node = copies[i].node();
  result_ = copies.back();
}

void Run::list_users() {
  const std::size_t n = size();
  first_users_.assign(n + 1, 0);
  // Counting sort: the number of users of each entry, their first position, then the users.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> uses;
  for (std::size_t user = n; user-- > 0;) {
    for (std::size_t k = 0; k < inputs(user); ++k) {
      const std::size_t from = input(user, k);
      bool again = from == npos;
      for (std::size_t before = 0; before < k && !again; ++before) again = input(user, before) == from;
      if (again) continue;
      uses.emplace_back(static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(user));
      ++first_users_[from + 1];
    }
  }
  for (std::size_t i = 0; i < n; ++i) first_users_[i + 1] += first_users_[i];
  users_.resize(uses.size());
  std::vector<std::uint32_t> next(first_users_.begin(), first_users_.end() - 1);
  for (const auto& [from, user] : uses) users_[next[from]++] = user;
}

std::size_t Run::input(std::size_t i, std::size_t k) const {
  const std::uint32_t from = history_.edge(item(i), k);
  return from == History::no_edge ? npos : size() - 1 - from;
}

std::span<const std::uint32_t> Run::users(std::size_t i) const {
  return {users_.data() + first_users_[i], users_.data() + first_users_[i + 1]};
}

std::size_t Run::find(const EntrySelector& which) const {
  if (which.by_number()) {
    if (which.number() >= size()) throw ShapeError(fmt::format("entry {} of a tape of {} entries", which.number(), size()));
    return which.number();
  }
  std::size_t by_sign = npos;  // "#3", as messages call an entry without a name
  if (which.name().starts_with('#')) {
    const char* const end = which.name().data() + which.name().size();
    std::size_t number = 0;
    const auto [behind, problem] = std::from_chars(which.name().data() + 1, end, number);
    if (behind == end && problem == std::errc()) by_sign = number;
  }
  std::string names;
  for (std::size_t i = size(); i-- > 0;) {
    const std::string& name = node(i)->name ? *node(i)->name : std::string();
    if (!name.empty() && name == which.name()) return i;
    if (!name.empty() && names.size() < 200) names += (names.empty() ? "" : ", ") + name;
  }
  if (by_sign < size()) return by_sign;
  throw Error(fmt::format("no entry of the tape is named {}; there are: {}", which.name(), names.empty() ? "no names" : names));
}

std::string Run::label(std::size_t i) const {
  const Node* const own = node(i);
  return own->name && !own->name->empty() ? *own->name : fmt::format("#{}", i);
}

std::string Run::title(std::size_t i) const {
  const Entry e = entry(i);
  std::string text = fmt::format("{} #{}", e.op(), i);
  if (!e.name().empty()) text += " '" + e.name() + "'";
  const std::string at = place_in_brackets(e);
  return at.empty() ? text : text + " " + at;
}

std::string Run::element(std::size_t i, std::size_t position) const {
  const Shape& shape = value(i).shape();
  if (shape.rank() == 0) return label(i);
  std::string text;
  for (const std::ptrdiff_t k : index_of(shape, position)) text += fmt::format("{}{}", text.empty() ? "" : ",", k);
  return label(i) + "[" + text + "]";
}

SourceLocation Run::place(std::size_t i) const {
  if (is_op(i) || users(i).empty()) return node(i)->location;
  return node(users(i).back())->location;
}

Tensor Run::with(const std::vector<std::pair<std::size_t, Array>>& replaced) const {
  const Unwatched quiet;
  std::vector<Tensor> now(size());
  std::vector<const Array*> replacements(size(), nullptr);
  for (const auto& [i, array] : replaced) {
    const Array& before = value(i);
    if (array.shape() != before.shape())
      throw ShapeError(
          fmt::format("{} has shape {} and its new value {}; they need to be the same", label(i), before.shape(), array.shape()));
    if (array.dtype() != before.dtype())
      throw DtypeError(fmt::format("{} is {} and its new value {}; they need to be the same", label(i), name_of(before.dtype()),
                                   name_of(array.dtype())));
    replacements[i] = &array;
  }
  for (std::size_t i = 0; i < size(); ++i) {
    Node* const own = node(i);
    SmallVector<Tensor, 3> inputs_now;
    bool changed = replacements[i] != nullptr;
    for (std::size_t k = 0; k < own->inputs.size(); ++k) {
      const std::size_t from = input(i, k);
      inputs_now.push_back(from == npos ? own->inputs[k] : now[from]);
      changed = changed || inputs_now[k].node() != own->inputs[k].node();
    }
    if (!changed) {
      now[i] = Tensor::share(own);
      continue;
    }
    const Inputs arrays({inputs_now.begin(), inputs_now.size()});
    Array array =
        replacements[i] ? *replacements[i] : reel::detail::placed(own->location, [&] { return reel::detail::run_forward(own, arrays); });
    now[i] = Tensor::adopt(own->with(std::move(array), std::move(inputs_now)));
    now[i].node()->id = own->id;  // so that the entries keep their order, and their numbers
  }
  return now.back();
}

std::size_t position_of(const Array& array, const Ints& index, const std::string& what) {
  if (!index.empty() || array.size() == 1) {
    std::vector<Integer> integers;
    for (const std::ptrdiff_t i : index) integers.emplace_back(i);
    if (array.size() == 1 && integers.empty()) return 0;
    try {
      return array.offset_of(integers);
    } catch (const ShapeError& e) {
      throw ShapeError(what + ": " + e.what());
    }
  }
  if (array.size() == 0) throw ShapeError(what + " has no elements");
  std::size_t found = 0;
  double largest = -1;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const double x = std::abs(array.as_double(i));
    if (std::isnan(x)) return i;
    if (x > largest) {
      largest = x;
      found = i;
    }
  }
  return found;
}

Ints index_of(const Shape& shape, std::size_t position) {
  if (shape.elements() == 0) return {};
  std::vector<int> index(shape.rank());
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    index[axis] = static_cast<int>(position % shape[axis]);
    position /= shape[axis];
  }
  return index;
}

std::string number(double value) {
  if (value == 0) return "0";
  if (std::isnan(value)) return "nan";  // whatever its sign
  return fmt::format("{:.6g}", value);
}

std::string place_in_brackets(const Entry& entry) {
  const std::string line = reel::to_string(entry.location()), path = entry.module();
  if (path.empty()) return line.empty() ? "" : "(" + line + ")";
  return "(in " + path + (line.empty() ? "" : ", " + line) + ")";
}

}  // namespace reel::debug
