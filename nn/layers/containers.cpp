#include <reel/nn/layers/containers.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace reel::nn {

std::size_t detail::position_in(const char* list, const std::vector<Held>& modules, LayerIndex i, bool may_be_end) {
  const auto n = static_cast<std::ptrdiff_t>(modules.size());
  const std::ptrdiff_t position = i.value < 0 ? i.value + n : i.value;
  if (position >= 0 && position < n + (may_be_end ? 1 : 0)) return static_cast<std::size_t>(position);
  return reel::detail::placed(i.at, [&]() -> std::size_t {
    const bool is_sequential = std::string_view(list) == "Sequential";
    throw ShapeError(
        fmt::format("{} {} of a {} of {}{}", is_sequential ? "layer" : "module", i.value, list, n, is_sequential ? " layers" : ""));
  });
}

void detail::replace(const char* list, std::vector<Held>& modules, LayerIndex i, Held& module) {
  const std::size_t position = position_in(list, modules, i);
  modules[position] = reel::detail::placed(i.at, [&] { return module.take(); });
}

void detail::insert(const char* list, std::vector<Held>& modules, LayerIndex i, Held& module) {
  const std::size_t position = position_in(list, modules, i, true);
  modules.insert(modules.begin() + static_cast<std::ptrdiff_t>(position), reel::detail::placed(i.at, [&] { return module.take(); }));
}

ModuleList::ModuleList(std::initializer_list<Item> modules) {
  for (const Item& module : modules) modules_.push_back(module.held_.take());
}

ModuleList::ModuleList(const ModuleList& other) : Module(other) {
  for (const detail::Held& module : other.modules_) modules_.push_back(module.clone());
}

ModuleList& ModuleList::operator=(ModuleList other) noexcept {
  modules_.swap(other.modules_);
  Module::operator=(std::move(other));
  return *this;
}

void ModuleList::append(Item module) {
  modules_.push_back(module.held_.take());
  structure_changed();
}

void ModuleList::replace(detail::LayerIndex i, Item module) {
  detail::replace("ModuleList", modules_, i, module.held_);
  structure_changed();
}

void ModuleList::insert(detail::LayerIndex i, Item module) {
  detail::insert("ModuleList", modules_, i, module.held_);
  structure_changed();
}

Module& ModuleList::operator[](detail::LayerIndex i) { return *modules_[detail::position_in("ModuleList", modules_, i)].module; }

void ModuleList::visit_members(MemberVisitor& visitor) {
  for (std::size_t i = 0; i < modules_.size(); ++i) visitor.module(std::to_string(i), *modules_[i].module);
}

std::string ModuleList::description() const { return fmt::format("ModuleList({})", modules_.size()); }

ModuleDict::ModuleDict(std::initializer_list<std::pair<std::string, ModuleList::Item>> modules) {
  for (const auto& [name, module] : modules) insert(name, ModuleList::Item(module.held_.take()), {});
}

ModuleDict::ModuleDict(const ModuleDict& other) : Module(other) {
  for (const auto& [name, module] : other.modules_) modules_.emplace_back(name, module.clone());
}

ModuleDict& ModuleDict::operator=(ModuleDict other) noexcept {
  modules_.swap(other.modules_);
  Module::operator=(std::move(other));
  return *this;
}

void ModuleDict::insert(std::string name, ModuleList::Item module, SourceLocation at) {
  reel::detail::placed(at, [&] {
    if (name.empty() || name.find('.') != std::string::npos)
      throw Error(
          fmt::format("ModuleDict: '{}' cannot be a name; it needs some letter, and no dot, which separates names in a state", name));
    if (contains(name)) throw Error(fmt::format("ModuleDict: there is a '{}' already", name));
    modules_.emplace_back(std::move(name), module.held_.take());
  });
  structure_changed();
}

void ModuleDict::replace(std::string_view name, ModuleList::Item module, SourceLocation at) {
  find({name, at}) = module.held_.take();
  structure_changed();
}

bool ModuleDict::contains(std::string_view name) const {
  return std::any_of(modules_.begin(), modules_.end(), [&](const auto& entry) { return entry.first == name; });
}

std::vector<std::string> ModuleDict::keys() const {
  std::vector<std::string> result;
  for (const auto& [name, module] : modules_) result.push_back(name);
  return result;
}

detail::Held& ModuleDict::find(const detail::ModuleName& name) {
  for (auto& [known, module] : modules_)
    if (known == name.value) return module;
  return reel::detail::placed(name.at, [&]() -> detail::Held& {
    check_not_moved_from();
    throw Error(
        fmt::format("ModuleDict has no '{}'; it has {}", name.value, modules_.empty() ? "none" : fmt::to_string(fmt::join(keys(), ", "))));
  });
}

Module& ModuleDict::operator[](detail::ModuleName name) { return *find(name).module; }

void ModuleDict::visit_members(MemberVisitor& visitor) {
  for (const auto& [name, module] : modules_) visitor.module(name, *module.module);
}

std::string ModuleDict::description() const { return fmt::format("ModuleDict({})", modules_.size()); }

}  // namespace reel::nn
