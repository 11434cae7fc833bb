#pragma once
#include <concepts>
#include <string>
#include <type_traits>
#include <vector>

#include <reel/autograd/record.hpp>
#include <reel/core/unique_ptr.hpp>
#include <reel/nn/module.hpp>

namespace reel::nn {

namespace detail {

/// A layer's index as the argument of operator[], with the place in the source where it is written; negative indices count from the back.
struct LayerIndex {
  template <std::integral I>
  LayerIndex(I i, SourceLocation at_ = SourceLocation::here()) : value(Integer(i).value), at(at_) {}
  std::ptrdiff_t value;
  SourceLocation at;
};

/// Owns a module and knows how to copy it.
struct Held {
  UniquePtr<Module> module;
  Module* (*copy)(const Module&) = nullptr;

  template <class M>
  static Held make(M value) {
    return {UniquePtr<Module>(new M(std::move(value))), [](const Module& m) -> Module* { return new M(static_cast<const M&>(m)); }};
  }
  Held clone() const { return {UniquePtr<Module>(copy(*module)), copy}; }
  /// Moves the module out of an initializer list's item. Throws Error where the item was put into another list before.
  Held take() {
    if (!module) throw Error("this item was put into a list of modules already; make another one");
    return std::move(*this);
  }
};

/// The index, counted from the front. With `may_be_end` it may be one past the last module, where a new one is inserted. Throws ShapeError
/// for an index out of range.
std::size_t position_in(const char* list, const std::vector<Held>& modules, LayerIndex i, bool may_be_end = false);
/// Replaces the i-th module, or inserts a module before it.
void replace(const char* list, std::vector<Held>& modules, LayerIndex i, Held& module);
void insert(const char* list, std::vector<Held>& modules, LayerIndex i, Held& module);

/// The module as an M (checked downcast). Throws Error that says what the module is if it is not an M.
template <class M>
M& as(Module& module, const std::string& where, SourceLocation at) {
  return reel::detail::placed(at, [&]() -> M& {
    if (M* const found = dynamic_cast<M*>(&module)) return *found;
    throw Error(where + " is another layer: " + module.description());
  });
}

}  // namespace detail

}  // namespace reel::nn
