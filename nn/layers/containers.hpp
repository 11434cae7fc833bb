#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <reel/nn/layers/held.hpp>

/// Containers of modules of different classes, for a module whose forward() picks from them; a Sequential runs its layers in order. For
/// layers of one class, std::vector<nn::Linear> is enough. Copying a container copies its modules.
namespace reel::nn {

namespace detail {

/// A name as the argument of operator[], with the place in the source where it is written.
struct ModuleName {
  template <std::convertible_to<std::string_view> S>
  ModuleName(const S& name, SourceLocation at_ = SourceLocation::here()) : value(name), at(at_) {}
  std::string_view value;
  SourceLocation at;
};

}  // namespace detail

/// A list of modules, named "0", "1", ... Its forward() throws Error.
///
///     nn::ModuleList heads{nn::Linear(8, 2), nn::Bilinear(8, 8, 3)};
///     heads.get<nn::Linear>(0).weight
class ModuleList : public Module {
 public:
  /// One module of the list.
  class Item {
   public:
    template <std::derived_from<Module> M>
    Item(M module) : held_(detail::Held::make(std::move(module))) {}

   private:
    friend class ModuleList;
    friend class ModuleDict;
    explicit Item(detail::Held held) : held_(std::move(held)) {}
    mutable detail::Held held_;  // taken out of initializer lists, whose elements are const
  };

  ModuleList() = default;
  ModuleList(std::initializer_list<Item> modules);
  ModuleList(const ModuleList& other);
  ModuleList(ModuleList&&) noexcept = default;
  ModuleList& operator=(ModuleList other) noexcept;

  /// Puts a module at the end.
  void append(Item module);
  void push_back(Item module) { append(std::move(module)); }
  /// Replaces the i-th module. An optimizer that was made before does not know the new module's parameters. Throws ShapeError for an index
  /// out of range.
  void replace(detail::LayerIndex i, Item module);
  /// Inserts a module before the i-th one; i = size() appends. The modules after it get new names.
  void insert(detail::LayerIndex i, Item module);
  std::size_t size() const { return modules_.size(); }
  /// The i-th module; negative numbers count from the back. Throws ShapeError out of range.
  Module& operator[](detail::LayerIndex i);
  /// The i-th module as its own type (checked downcast). Throws Error if it has another type.
  template <std::derived_from<Module> M>
  M& get(detail::LayerIndex i, SourceLocation at = SourceLocation::here()) {
    i.at = at;
    return detail::as<M>((*this)[i], "module " + std::to_string(i.value) + " of a ModuleList", at);
  }

  void visit_members(MemberVisitor& visitor) override;
  std::string description() const override;
  UniquePtr<Module> clone() const override { return detail::clone_of(*this); }

 private:
  std::vector<detail::Held> modules_;
};

/// Modules by name, in the order of insertion. Its forward() throws Error.
///
///     nn::ModuleDict heads{{"policy", nn::Linear(8, 4)}, {"value", nn::Linear(8, 1)}};
///     heads["policy"](x)
class ModuleDict : public Module {
 public:
  ModuleDict() = default;
  ModuleDict(std::initializer_list<std::pair<std::string, ModuleList::Item>> modules);
  ModuleDict(const ModuleDict& other);
  ModuleDict(ModuleDict&&) noexcept = default;
  ModuleDict& operator=(ModuleDict other) noexcept;

  /// Adds a module. Throws Error for a name that is empty, contains a dot, or exists already.
  void insert(std::string name, ModuleList::Item module, SourceLocation at = SourceLocation::here());
  /// Replaces the module of this name. Throws Error that lists the existing names if there is none of this name.
  void replace(std::string_view name, ModuleList::Item module, SourceLocation at = SourceLocation::here());
  std::size_t size() const { return modules_.size(); }
  bool contains(std::string_view name) const;
  std::vector<std::string> keys() const;
  /// The module of this name. Throws Error that lists the existing names if there is none of this name.
  Module& operator[](detail::ModuleName name);
  /// The module as its own type (checked downcast). Throws Error if it has another type.
  template <std::derived_from<Module> M>
  M& get(std::string_view name, SourceLocation at = SourceLocation::here()) {
    return detail::as<M>((*this)[{name, at}], "module '" + std::string(name) + "' of a ModuleDict", at);
  }

  void visit_members(MemberVisitor& visitor) override;
  std::string description() const override;
  UniquePtr<Module> clone() const override { return detail::clone_of(*this); }

 private:
  detail::Held& find(const detail::ModuleName& name);

  std::vector<std::pair<std::string, detail::Held>> modules_;
};

}  // namespace reel::nn
