#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <reel/nn/layers/held.hpp>

/// Lists of modules of different classes, for a module whose forward() picks from them; Sequential is a list that runs. For layers of one
/// class std::vector<nn::Linear> does. Copying one copies what it holds.
namespace reel::nn {

/// Modules by number, named "0", "1", ... Its forward() throws Error.
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

  void append(Item module);
  std::size_t size() const { return modules_.size(); }
  /// Throws ShapeError out of range.
  Module& operator[](std::size_t i);
  /// The same as what it is; throws Error for another class.
  template <std::derived_from<Module> M>
  M& get(std::size_t i) {
    return detail::as<M>((*this)[i], "module " + std::to_string(i) + " of a ModuleList");
  }

  void visit_members(MemberVisitor& visitor) override;
  std::string description() const override;
  Owned<Module> clone() const override { return detail::clone_of(*this); }

 private:
  std::vector<detail::Held> modules_;
};

/// Modules by name, in the order in which they were put in. Its forward() throws Error.
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

  /// Throws Error for a name that is empty, has a dot, or is there already.
  void insert(std::string name, ModuleList::Item module);
  std::size_t size() const { return modules_.size(); }
  bool contains(std::string_view name) const;
  std::vector<std::string> keys() const;
  /// Throws Error that lists the names when this one is not there.
  Module& operator[](std::string_view name);
  /// The same as what it is; throws Error for another class.
  template <std::derived_from<Module> M>
  M& get(std::string_view name) {
    return detail::as<M>((*this)[name], "module '" + std::string(name) + "' of a ModuleDict");
  }

  void visit_members(MemberVisitor& visitor) override;
  std::string description() const override;
  Owned<Module> clone() const override { return detail::clone_of(*this); }

 private:
  std::vector<std::pair<std::string, detail::Held>> modules_;
};

}  // namespace reel::nn
