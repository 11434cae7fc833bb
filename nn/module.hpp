#pragma once
#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <reel/autograd/context.hpp>
#include <reel/autograd/parameter.hpp>
#include <reel/autograd/tensor.hpp>
#include <reel/core/change.hpp>
#include <reel/core/mistake.hpp>
#include <reel/core/unique_ptr.hpp>
#include <reel/nn/hooks.hpp>

namespace reel {

/// A model's parameters and buffers by dotted name ("1.gate.weight"): the form in which it is saved and loaded.
using State = std::map<std::string, Tensor>;

namespace nn {

class Module;

/// Visits a module's members, in the order of REEL_MEMBERS.
class MemberVisitor {
 public:
  virtual ~MemberVisitor() = default;
  virtual void parameter(const std::string& name, Parameter& parameter) = 0;
  virtual void buffer(const std::string& name, Tensor& buffer) = 0;
  virtual void module(const std::string& name, Module& module) = 0;
  /// Whether the objects that members point at are visited as well.
  virtual bool follows_pointers() const { return true; }
};

namespace detail {

template <class T>
concept PointerLike = requires(T& t) {
  static_cast<bool>(t);
  *t;
};

template <class T>
concept RangeLike = requires(T& t) {
  t.begin();
  t.end();
};

/// Visits a member: a Parameter, a Tensor (a buffer: saved, not trained), a Module, or a pointer, an optional or a range of those.
template <class T>
void visit_member(MemberVisitor& visitor, const std::string& name, T& member) {
  if constexpr (std::derived_from<T, Parameter>) {
    visitor.parameter(name, member);
  } else if constexpr (std::same_as<T, Tensor>) {
    visitor.buffer(name, member);
  } else if constexpr (std::derived_from<T, Module>) {
    visitor.module(name, member);
  } else if constexpr (RangeLike<T>) {
    std::size_t i = 0;
    for (auto& element : member) visit_member(visitor, name + "." + std::to_string(i++), element);
  } else {
    static_assert(PointerLike<T>, "REEL_MEMBERS takes parameters, tensors, modules, and vectors, optionals or pointers of those");
    if constexpr (PointerLike<T>) {
      constexpr bool is_value = requires { member.has_value(); };
      if (member && (is_value || visitor.follows_pointers())) visit_member(visitor, name, *member);
    }
  }
}

/// Takes the next name from "a, b, c"; returns it without a trailing underscore.
std::string next_name(std::string_view& names);

template <class... T>
void visit_members(MemberVisitor& visitor, [[maybe_unused]] std::string_view names, T&... members) {
  (visit_member(visitor, next_name(names), members), ...);
}

}  // namespace detail

namespace detail {

/// Whether copying a T compiles; also right for containers that claim to be copyable while their elements are not.
template <class T>
constexpr bool is_copied() {
  if constexpr (!std::is_copy_constructible_v<T>) {
    return false;
  } else if constexpr (requires { T::copies_members(); }) {
    return T::copies_members();
  } else if constexpr (requires { typename T::value_type; }) {
    return is_copied<typename T::value_type>();
  } else {
    return true;
  }
}

template <class... T>
struct Types {
  static constexpr bool are_copied() { return (is_copied<T>() && ...); }
};
template <class... T>
Types<T...> types_of(const T&... members);

[[noreturn]] void throw_no_clone(const Module& module);
bool is_exactly(const Module& module, const std::type_info& type);

template <class M>
UniquePtr<Module> clone_of(const M& module) {
  if constexpr (is_copied<M>()) {
    if (is_exactly(module, typeid(M))) return UniquePtr<Module>(new M(module));
  }
  throw_no_clone(module);
}

}  // namespace detail

/// Names the members that a module consists of; parameters, state, summary, train() and eval(), conversion and clone() follow from this
/// line. A class that derives from another layer names the inherited members as well; a class without members writes REEL_MEMBERS().
#define REEL_MEMBERS(...)                                                                                              \
  void visit_members([[maybe_unused]] ::reel::nn::MemberVisitor& visitor) override {                                   \
    ::reel::nn::detail::visit_members(visitor, #__VA_ARGS__ __VA_OPT__(, ) __VA_ARGS__);                               \
  }                                                                                                                    \
  static constexpr bool copies_members() { return decltype(::reel::nn::detail::types_of(__VA_ARGS__))::are_copied(); } \
  ::reel::UniquePtr<::reel::nn::Module> clone() const override { return ::reel::nn::detail::clone_of(*this); }

struct LoadOptions {
  /// Whether a missing or unexpected name is an error; otherwise such names are skipped and listed in the report.
  bool strict = true;
  /// Whether float32 and float64 are converted to the module's dtype; otherwise another dtype is an error.
  bool convert = false;
};
/// The names that a load with `{.strict = false}` skipped.
struct LoadReport {
  std::vector<std::string> missing, unexpected;
  bool ok() const { return missing.empty() && unexpected.empty(); }
};

/// Base class of layers and networks: value members, one line that names them (REEL_MEMBERS), and forward(). A copy has parameters of its
/// own; parameters that members of the original share, the copy's members share too. Hooks stay with the original; a move takes them along,
/// and a module that was moved from throws Error when it is used. Several threads may call one module at the same time, as long as none
/// changes it. Modules are copied and assigned as their own class (a Linear as a Linear): through a Module&, such as `model[2]`, that does
/// not compile.
class Module {
 public:
  Module() = default;
  virtual ~Module();

  /// Computes the layer's result. Throws Error for a module of several inputs, which has an operator() of its own instead.
  virtual Tensor forward(const Tensor& x);
  /// Calls forward() between the module's hooks; the ops that it records carry this module's path.
  Tensor operator()(const Tensor& x, SourceLocation at = SourceLocation::here());

  virtual void visit_members(MemberVisitor&) {}
  /// A short text such as "Linear(8, 10)"; by default the class's name.
  virtual std::string description() const;
  /// The class's name without namespaces.
  std::string type_name() const;
  /// A copy of the whole object as its own class. Throws Error for a class without REEL_MEMBERS, and for a class that cannot be copied.
  virtual UniquePtr<Module> clone() const;

  /// All parameters of this module and the modules below it, each once, in the order of the members. Parameters without a name of their own
  /// get their dotted names.
  std::vector<ParameterRef> parameters();
  /// The same with their dotted names.
  std::vector<std::pair<std::string, ParameterRef>> named_parameters();
  /// The buffers that have a value, by dotted name.
  std::vector<std::pair<std::string, Tensor>> named_buffers() const;
  /// This module, under the name "", and all modules below it by dotted name, each once, in the order of the members.
  std::vector<std::pair<std::string, Module*>> named_modules();
  /// Only the modules directly below.
  std::vector<std::pair<std::string, Module*>> named_children();
  /// The module at a dotted path below this one, such as "encoder.layers.0"; "" is this module. Throws Error that lists the existing names.
  Module& submodule(std::string_view path, SourceLocation at = SourceLocation::here());
  /// Calls f(module), or f(name, module), for all modules below and then for this one. Returns this module.
  template <class F>
  Module& apply(F f) {
    const auto modules = named_modules();
    for (std::size_t i = modules.size(); i-- > 0;) {
      if constexpr (std::is_invocable_v<F&, const std::string&, Module&>) {
        f(modules[i].first, *modules[i].second);
      } else {
        f(*modules[i].second);
      }
    }
    return *this;
  }

  /// Parameters and buffers by dotted name; a shared parameter appears under each of its names.
  State state() const;
  /// Loads all values, or none: throws Error that lists every name that is missing, unexpected, or of another shape or dtype. For a shared
  /// parameter one of its names is enough. With `{.strict = false}` only another shape or dtype is an error; with `{.convert = true}`
  /// float32 and float64 are converted to the module's dtype.
  LoadReport load_state(const State& state, LoadOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(LoadOptions, LoadReport load_state(const State&, ...));
  /// The first half of load_state(): throws where the state does not fit, and changes nothing. The second half, which cannot fail, is the
  /// change's commit(); the module's structure has to stay as it is until then.
  Change prepare_load(const State& state, LoadOptions options = {}, LoadReport* report = nullptr);

  /// Switches this module and all modules below it to training or evaluation mode (dropout, batch normalisation).
  Module& train(bool on = true);
  Module& eval() { return train(false); }
  bool is_training() const { return training_; }
  /// Converts parameters and floating buffers. Throws DtypeError unless the dtype is floating.
  Module& to(Dtype dtype, SourceLocation at = SourceLocation::here());
  /// Sets whether all parameters, or those of the module or the parameter of this dotted name, get gradients. Throws Error for an unknown
  /// name.
  Module& set_requires_grad(bool on);
  Module& set_requires_grad(std::string_view name, bool on, SourceLocation at = SourceLocation::here());
  /// Freezes all parameters, or those of the module or the parameter of this dotted name: on the tape they are constants. Throws Error for
  /// an unknown name.
  Module& freeze() { return set_requires_grad(false); }
  Module& freeze(std::string_view name, SourceLocation at = SourceLocation::here()) { return set_requires_grad(name, false, at); }
  Module& unfreeze() { return set_requires_grad(true); }
  Module& unfreeze(std::string_view name, SourceLocation at = SourceLocation::here()) { return set_requires_grad(name, true, at); }
  /// Clears the gradients of all parameters.
  void zero_grad();

  /// Calls hook(x) before forward(); if the hook returns a tensor, forward() gets it instead of x. Here and below a hook takes single
  /// tensors (of a module with several inputs or results the first) or lists of all of them (const std::vector<Tensor>&), and returns
  /// nothing, a tensor, or a list. Hooks are called in the order in which they were added. An exception from a hook leaves the call.
  template <class F>
  ModuleHook on_forward_pre(F hook) {
    return hooks_.add(detail::HookKind::before_forward, UniquePtr<detail::ModuleHookFunction>(new detail::HookOfOne<F>(std::move(hook))));
  }
  /// Calls hook(x, y) after forward(); if the hook returns a tensor, it replaces the result.
  template <class F>
  ModuleHook on_forward(F hook) {
    return hooks_.add(detail::HookKind::after_forward, UniquePtr<detail::ModuleHookFunction>(new detail::HookOfTwo<F>(std::move(hook))));
  }
  /// Calls hook(dx, dy) whenever a backward pass went through a call of this module, with the gradients with respect to the call's input
  /// and result, of this call alone. If the hook returns a tensor, it replaces dx. The gradient of an input that is a constant, or of a
  /// result that was not used, is undefined. Where the sweep does not need dx though the input has a history, the hook is not called. Only
  /// one sweep at a time may go through one call. An exception from the hook becomes a GradientError, as in on_gradient().
  template <class F>
  ModuleHook on_backward(F hook) {
    return hooks_.add(detail::HookKind::backward, UniquePtr<detail::ModuleHookFunction>(new detail::HookOfTwo<F>(std::move(hook))));
  }

  /// A table with one row per module: layer, output shape, number of parameters. Shapes are those of the last call; a module that was not
  /// called yet has none.
  std::string summary() const;
  /// The same after a call with zeros of this shape, in evaluation mode. If the call used parameters that no REEL_MEMBERS names, a last
  /// line says how many.
  std::string summary(const Shape& input, Dtype dtype = float32, SourceLocation at = SourceLocation::here());
  /// The same after a call with this tensor, or after f(), which calls the module with whatever inputs it takes:
  /// `model.summary([&] { model(query, memory); })`.
  std::string summary(const Tensor& sample, SourceLocation at = SourceLocation::here());
  template <std::invocable F>
  std::string summary(F f);

  /// The shape of the last result, or null before the first call.
  const Shape* output_shape() const { return called_ ? &output_shape_ : nullptr; }

  /// Throws Error for a module that was moved from.
  void check_not_moved_from() const {
    if (moved_from_) [[unlikely]]
      throw_moved_from();
  }

 protected:
  Module(const Module& other);                 // a copy through a Module& would lose the layer's own part: auto& layer, or clone()
  Module(Module&& other) noexcept;             // as the copy
  Module& operator=(const Module& other);      // assigning through a Module& would change nothing: Sequential::replace(i, layer)
  Module& operator=(Module&& other) noexcept;  // assigning through a Module& would change nothing: Sequential::replace(i, layer)

  /// Called by containers when modules were added or removed: names and paths are found again at the next call.
  static void structure_changed();

  /// The place where the user called this module: layers that are made of ops record them with this place, by a CallSite.
  static SourceLocation called_at() { return reel::detail::context.module ? reel::detail::context.module->called_at : SourceLocation{}; }

  /// For modules of several inputs or results: their operator() passes its inputs and a function f of them to call(), so that the ops that
  /// f records carry this module's path, and hooks and the summary see the call. f returns a Tensor, a vector of tensors, or a struct of
  /// two or three.
  ///
  ///     Tensor operator()(const Tensor& a, const Tensor& b, SourceLocation at = SourceLocation::here()) {
  ///       return call(at, [&](const Tensor& x, const Tensor& y) { return project(x) * gate(y); }, a, b);
  ///     }
  template <class F, std::same_as<Tensor>... T>
  auto call(SourceLocation at, const F& f, T... inputs);

 private:
  friend class ModeScope;

  /// While a Frame lives, recorded ops carry this module's path.
  class Frame {
   public:
    Frame(Module& module, SourceLocation at);
    ~Frame() { reel::detail::context = before_; }
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

   private:
    reel::detail::Context before_ = reel::detail::context;
    reel::detail::ModuleFrame frame_;
  };

  /// Copies the base; announces which parameters the members share, before the members are copied.
  void copy_base(const Module& other);
  [[noreturn]] void throw_moved_from() const;
  void note(const Shape& output);
  std::string summary_of_call(const void* self, void (*call)(const void* self));
  const char* path_within(const reel::detail::ModuleFrame* outer);
  void find_place(const reel::detail::ModuleFrame& outer);

  /// The module's path within the module that called it last. A copy of the module starts without one.
  struct Place {
    const void* outer = nullptr;
    const char* outer_path = nullptr;
    const char* path = nullptr;
    const char* as_root = nullptr;  // the path of a module that nobody else calls: an empty text, with the class as its note
    bool busy = false;              // a thread is noting down its call

    Place() = default;
    Place(const Place&) noexcept {}
    Place& operator=(const Place&) noexcept {
      outer = nullptr;
      return *this;
    }
  };

  bool training_ = true;
  bool called_ = false;
  bool moved_from_ = false;
  std::uint32_t named_at_ = 0;  // the structure's version when parameters got their names; 0: never
  Shape output_shape_;
  Place place_;
  detail::Hooks hooks_;
};

/// While alive, a module and all modules below it are in training or evaluation mode; afterwards each has its previous mode again. The
/// modules have to outlive the scope.
class ModeScope {
 public:
  ModeScope(Module& module, bool training);
  ~ModeScope();
  ModeScope(const ModeScope&) = delete;
  ModeScope& operator=(const ModeScope&) = delete;

 private:
  std::vector<std::pair<Module*, bool>> before_;
};

namespace detail {

/// The tensors in the result of a module's call.
template <class R>
std::vector<Tensor*> parts_of(R& result) {
  if constexpr (std::same_as<R, Tensor>) {
    return {&result};
  } else if constexpr (RangeLike<R>) {
    std::vector<Tensor*> parts;
    for (Tensor& part : result) parts.push_back(&part);
    return parts;
  } else if constexpr (requires { R{Tensor(), Tensor(), Tensor()}; }) {
    auto& [a, b, c] = result;
    return {&a, &b, &c};
  } else {
    auto& [a, b] = result;
    return {&a, &b};
  }
}

}  // namespace detail

template <class F, std::same_as<Tensor>... T>
auto Module::call(SourceLocation at, const F& f, T... inputs) {
  const Frame frame(*this, at);
  const auto run = [&] {
    if (hooks_.empty()) return f(inputs...);
    detail::HookedCall hooked(hooks_, {&inputs...});
    auto result = f(inputs...);
    hooked.finish(detail::parts_of(result));
    return result;
  };
  auto result = run();
  if (const auto parts = detail::parts_of(result); !parts.empty()) note(parts[0]->shape());
  return result;
}

template <std::invocable F>
std::string Module::summary(F f) {
  return summary_of_call(&f, [](const void* self) { (*static_cast<F*>(const_cast<void*>(self)))(); });
}

}  // namespace nn

/// summary()
namespace nn {
std::ostream& operator<<(std::ostream& out, const Module& module);
}

/// Writes tensors by name to a safetensors file, as in `save_safetensors("model.safetensors", model.state())`. An existing file is replaced
/// only when the new one is complete. Throws Error for a state without tensors, such as that of a module whose REEL_MEMBERS is missing, and
/// IoError for a file that cannot be written.
void save_safetensors(const std::string& path, const State& state, const std::map<std::string, std::string>& metadata = {},
                      SourceLocation at = SourceLocation::here());
/// The tensors of a safetensors file by name. Tensors of a dtype that Reel does not have, such as F8_E4M3, are left out
/// (io::read_safetensors lists them). Throws IoError, naming the place, for a file that is incomplete, and for a file of whose tensors none
/// can be read.
State load_safetensors(const std::string& path, SourceLocation at = SourceLocation::here());

}  // namespace reel

/// summary()
template <>
struct fmt::formatter<reel::nn::Module> : fmt::formatter<fmt::string_view> {
  fmt::format_context::iterator format(const reel::nn::Module& module, fmt::format_context& context) const;
};
template <std::derived_from<reel::nn::Module> M>
struct fmt::formatter<M> : fmt::formatter<reel::nn::Module> {};
