#pragma once
#include <concepts>
#include <type_traits>

#include <reel/autograd/record.hpp>
#include <reel/core/owned.hpp>
#include <reel/nn/module.hpp>

namespace reel::nn {

namespace detail {

/// A module behind a pointer that knows how to copy it.
struct Held {
  Owned<Module> module;
  Module* (*copy)(const Module&) = nullptr;

  template <class M>
  static Held make(M value) {
    return {Owned<Module>(new M(std::move(value))), [](const Module& m) -> Module* { return new M(static_cast<const M&>(m)); }};
  }
  Held clone() const { return {Owned<Module>(copy(*module)), copy}; }
};

/// The module as an M. Throws Error that says what it is.
template <class M>
M& as(Module& module, const std::string& where) {
  if (M* const found = dynamic_cast<M*>(&module)) return *found;
  throw Error(where + " is another layer: " + module.description());
}

}  // namespace detail

}  // namespace reel::nn
