#pragma once
#include <concepts>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/autograd/context.hpp>
#include <reel/autograd/parameter.hpp>
#include <reel/autograd/tensor.hpp>

namespace reel {

/// Tensors by dotted name ("1.gate.weight"): what a model is saved as.
using State = std::map<std::string, Tensor>;

namespace nn {

class Module;

/// Sees a module's members, in the order of REEL_MEMBERS.
class MemberVisitor {
 public:
  virtual ~MemberVisitor() = default;
  virtual void parameter(const std::string& name, Parameter& parameter) = 0;
  virtual void buffer(const std::string& name, Tensor& buffer) = 0;
  virtual void module(const std::string& name, Module& module) = 0;
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

/// A Parameter, a Tensor (a buffer: saved, not trained), a Module, or a pointer, an optional or a range of those.
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
    if (member) visit_member(visitor, name, *member);
  }
}

/// The next of the names in "a, b, c"; a trailing underscore is left out.
std::string next_name(std::string_view& names);

template <class... T>
void visit_members(MemberVisitor& visitor, std::string_view names, T&... members) {
  (visit_member(visitor, next_name(names), members), ...);
}

}  // namespace detail

/// Names the members that a module consists of; parameters, state, summary, train and eval, and conversion follow from it. A class
/// that derives from another layer names the inherited members as well.
#define REEL_MEMBERS(...) \
  void visit_members(::reel::nn::MemberVisitor& visitor) override { ::reel::nn::detail::visit_members(visitor, #__VA_ARGS__, __VA_ARGS__); }

/// A layer, or a network of layers: value members, one line that names them (REEL_MEMBERS), and forward(). A copy has parameters of
/// its own. Several threads may call one module at a time, as long as nobody changes it.
class Module {
 public:
  virtual ~Module();

  /// What the layer computes. Throws Error where a module of several inputs has functions of its own instead.
  virtual Tensor forward(const Tensor& x);
  /// Calls forward(); what it records carries this module's path.
  Tensor operator()(const Tensor& x, SourceLocation at = SourceLocation::here());

  virtual void visit_members(MemberVisitor&) {}
  /// "Linear(8, 10)": the layer in a few characters; by default its class.
  virtual std::string description() const;
  /// The class without its namespaces.
  std::string type_name() const;

  /// All parameters below this module, each once, in the order of the members. Gives those without a name of their own their dotted
  /// names.
  std::vector<ParameterRef> parameters();
  std::vector<std::pair<std::string, ParameterRef>> named_parameters();

  /// Parameters and buffers by dotted name.
  State state() const;
  /// Takes all values over, or none: throws Error that lists every name that is missing, unexpected, or of another shape or dtype.
  void load_state(const State& state);

  /// Switches between training and evaluation, here and in all modules below (dropout, batch normalisation).
  Module& train(bool on = true);
  Module& eval() { return train(false); }
  bool is_training() const { return training_; }
  /// Converts parameters and floating buffers. Throws DtypeError unless the dtype is floating.
  Module& to(Dtype dtype);
  Module& set_requires_grad(bool on);
  void zero_grad();

  /// A table: layer, output shape, parameters. Shapes are those of the last call; a module that was not called yet has none.
  std::string summary() const;
  /// The same after a call with zeros of this shape, in evaluation mode and without history.
  std::string summary(const Shape& input, Dtype dtype = float32, SourceLocation at = SourceLocation::here());

  /// The shape of the last result, or null before the first call.
  const Shape* output_shape() const { return called_ ? &output_shape_ : nullptr; }

 protected:
  /// Where the user called this module: layers that are made of ops record them there, with a CallSite.
  static SourceLocation called_at() { return reel::detail::context.module ? reel::detail::context.module->called_at : SourceLocation{}; }

 private:
  friend class ModeScope;
  const char* path_within(const reel::detail::ModuleFrame* outer);
  void find_place(const reel::detail::ModuleFrame& outer);

  /// Where this module stood in the module that called it last. A copy stands elsewhere.
  struct Place {
    const void* outer = nullptr;
    const char* outer_path = nullptr;
    const char* path = nullptr;
    bool busy = false;  // a thread is noting down its call

    Place() = default;
    Place(const Place&) noexcept {}
    Place& operator=(const Place&) noexcept {
      *this = Place();
      return *this;
    }
    Place& operator=(Place&&) noexcept = default;
  };

  bool training_ = true;
  bool called_ = false;
  bool named_ = false;
  Shape output_shape_;
  Place place_;
};

/// Switches a module and all below it to training or evaluation while it lives; then each is as it was before. The modules have to
/// outlive it.
class ModeScope {
 public:
  ModeScope(Module& module, bool training);
  ~ModeScope();
  ModeScope(const ModeScope&) = delete;
  ModeScope& operator=(const ModeScope&) = delete;

 private:
  std::vector<std::pair<Module*, bool>> before_;
};

}  // namespace nn

/// Writes tensors by name, e.g. `save_safetensors("model.safetensors", model.state())`. The old file is replaced only when the new one is
/// whole. Throws IoError.
void save_safetensors(const std::string& path, const State& state, const std::map<std::string, std::string>& metadata = {});
/// Throws IoError for a file that is not whole, naming the place.
State load_safetensors(const std::string& path);

}  // namespace reel

/// summary()
template <>
struct fmt::formatter<reel::nn::Module> : fmt::formatter<fmt::string_view> {
  fmt::format_context::iterator format(const reel::nn::Module& module, fmt::format_context& context) const;
};
template <std::derived_from<reel::nn::Module> M>
struct fmt::formatter<M> : fmt::formatter<reel::nn::Module> {};
