#include <reel/nn/layers/containers.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace reel::nn {

ModuleList::ModuleList(std::initializer_list<Item> modules) {
  for (const Item& module : modules) modules_.push_back(std::move(module.held_));
}

ModuleList::ModuleList(const ModuleList& other) : Module(other) {
  for (const detail::Held& module : other.modules_) modules_.push_back(module.clone());
}

ModuleList& ModuleList::operator=(ModuleList other) noexcept {
  modules_.swap(other.modules_);
  Module::operator=(std::move(other));
  return *this;
}

void ModuleList::append(Item module) { modules_.push_back(std::move(module.held_)); }

Module& ModuleList::operator[](std::size_t i) {
  if (i >= modules_.size()) throw ShapeError(fmt::format("module {} of a ModuleList of {}", i, modules_.size()));
  return *modules_[i].module;
}

void ModuleList::visit_members(MemberVisitor& visitor) {
  for (std::size_t i = 0; i < modules_.size(); ++i) visitor.module(std::to_string(i), *modules_[i].module);
}

std::string ModuleList::description() const { return fmt::format("ModuleList({})", modules_.size()); }

ModuleDict::ModuleDict(std::initializer_list<std::pair<std::string, ModuleList::Item>> modules) {
  for (const auto& [name, module] : modules) insert(name, ModuleList::Item(std::move(module.held_)));
}

ModuleDict::ModuleDict(const ModuleDict& other) : Module(other) {
  for (const auto& [name, module] : other.modules_) modules_.emplace_back(name, module.clone());
}

ModuleDict& ModuleDict::operator=(ModuleDict other) noexcept {
  modules_.swap(other.modules_);
  Module::operator=(std::move(other));
  return *this;
}

void ModuleDict::insert(std::string name, ModuleList::Item module) {
  if (name.empty() || name.find('.') != std::string::npos)
    throw Error(fmt::format("ModuleDict: '{}' cannot be a name; it needs some letter, and no dot, which separates names in a state", name));
  if (contains(name)) throw Error(fmt::format("ModuleDict: there is a '{}' already", name));
  modules_.emplace_back(std::move(name), std::move(module.held_));
}

bool ModuleDict::contains(std::string_view name) const {
  return std::any_of(modules_.begin(), modules_.end(), [&](const auto& entry) { return entry.first == name; });
}

std::vector<std::string> ModuleDict::keys() const {
  std::vector<std::string> result;
  for (const auto& [name, module] : modules_) result.push_back(name);
  return result;
}

Module& ModuleDict::operator[](std::string_view name) {
  for (const auto& [known, module] : modules_)
    if (known == name) return *module.module;
  throw Error(fmt::format("ModuleDict has no '{}'; it has {}", name, modules_.empty() ? "none" : fmt::to_string(fmt::join(keys(), ", "))));
}

void ModuleDict::visit_members(MemberVisitor& visitor) {
  for (const auto& [name, module] : modules_) visitor.module(name, *module.module);
}

std::string ModuleDict::description() const { return fmt::format("ModuleDict({})", modules_.size()); }

}  // namespace reel::nn
