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

/// The number of a layer in brackets, with the place where it is written; negative ones count from the back.
struct LayerIndex {
  template <std::integral I>
  LayerIndex(I i, SourceLocation at_ = SourceLocation::here()) : value(Integer(i).value), at(at_) {}
  std::ptrdiff_t value;
  SourceLocation at;
};

/// A module behind a pointer that knows how to copy it.
struct Held {
  UniquePtr<Module> module;
  Module* (*copy)(const Module&) = nullptr;

  template <class M>
  static Held make(M value) {
    return {UniquePtr<Module>(new M(std::move(value))), [](const Module& m) -> Module* { return new M(static_cast<const M&>(m)); }};
  }
  Held clone() const { return {UniquePtr<Module>(copy(*module)), copy}; }
  /// Itself, out of the item of a list. Throws Error where that was put into another list before.
  Held take() {
    if (!module) throw Error("this item was put into a list of modules already; make another one");
    return std::move(*this);
  }
};

/// The modules of a list, of which the last may be one past the end where a new one is put in. Throws ShapeError out of range.
std::size_t position_in(const char* list, const std::vector<Held>& modules, LayerIndex i, bool may_be_end = false);
/// Puts a module in the place of another one, or in front of it.
void replace(const char* list, std::vector<Held>& modules, LayerIndex i, Held& module);
void insert(const char* list, std::vector<Held>& modules, LayerIndex i, Held& module);

/// The module as an M. Throws Error that says what it is.
template <class M>
M& as(Module& module, const std::string& where, SourceLocation at) {
  return reel::detail::placed(at, [&]() -> M& {
    if (M* const found = dynamic_cast<M*>(&module)) return *found;
    throw Error(where + " is another layer: " + module.description());
  });
}

}  // namespace detail

}  // namespace reel::nn
