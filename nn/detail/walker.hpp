#pragma once
// Internal; not installed.
#include <string>
#include <utility>

#include <reel/nn/module.hpp>

namespace reel::nn::detail {

/// Part of the error message for a module whose state is empty, so that its file would be empty too.
inline constexpr const char* why_stateless =
    "a module has no state where its class names no parameter, buffer or layer in REEL_MEMBERS(...)";

/// Calls back for every parameter, buffer and module below a module, with dotted names. Shared parameters and modules are reported once per
/// place.
template <class OnParameter, class OnBuffer, class OnModule>
class Walker : public MemberVisitor {
 public:
  Walker(OnParameter on_parameter, OnBuffer on_buffer, OnModule on_module)
      : on_parameter_(std::move(on_parameter)), on_buffer_(std::move(on_buffer)), on_module_(std::move(on_module)) {}

  void walk(Module& module) {
    module.check_not_moved_from();
    module.visit_members(*this);
  }

  void parameter(const std::string& name, Parameter& parameter) override { on_parameter_(prefix_ + name, parameter); }
  void buffer(const std::string& name, Tensor& buffer) override { on_buffer_(prefix_ + name, buffer); }
  void module(const std::string& name, Module& module) override {
    module.check_not_moved_from();
    on_module_(prefix_ + name, module);
    const std::string before = prefix_;
    prefix_ += name + ".";
    module.visit_members(*this);
    prefix_ = before;
  }

 private:
  OnParameter on_parameter_;
  OnBuffer on_buffer_;
  OnModule on_module_;
  std::string prefix_;
};

inline constexpr auto ignore = [](const std::string&, auto&) {};

/// Members are visited through non-const references; the const functions below only read.
inline Module& readable(const Module& module) { return const_cast<Module&>(module); }

}  // namespace reel::nn::detail
