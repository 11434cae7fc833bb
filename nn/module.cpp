#include <reel/nn/module.hpp>

#include <cxxabi.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <typeinfo>

#include <fmt/format.h>
#include <reel/autograd/detail/shared_copies.hpp>
#include <reel/nn/detail/new_values.hpp>
#include <reel/nn/detail/walker.hpp>

namespace reel::nn {

using detail::ignore;
using detail::readable;
using detail::Walker;

namespace {

/// While alive, keeps other threads that call the same module from noting its call down. That takes a few instructions, so they spin.
class Noting {
 public:
  explicit Noting(bool& busy) : busy_(busy) {
    while (busy_.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
  }
  ~Noting() { busy_.store(false, std::memory_order_release); }
  Noting(const Noting&) = delete;
  Noting& operator=(const Noting&) = delete;

 private:
  std::atomic_ref<bool> busy_;
};

}  // namespace

std::string detail::next_name(std::string_view& names) {
  const std::size_t comma = std::min(names.find(','), names.size());
  std::string_view name = names.substr(0, comma);
  names.remove_prefix(std::min(comma + 1, names.size()));
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n'; };
  while (!name.empty() && is_space(name.front())) name.remove_prefix(1);
  while (!name.empty() && (is_space(name.back()) || name.back() == '_')) name.remove_suffix(1);
  return std::string(name);
}

namespace {

/// Counts where each parameter stands among what a copy of the module copies.
struct Places : MemberVisitor {
  std::vector<std::pair<ParameterRef, std::size_t>> places;

  void parameter(const std::string&, Parameter& parameter) override {
    for (auto& [known, count] : places)
      if (known.is_same(parameter)) {
        ++count;
        return;
      }
    places.emplace_back(parameter.share(), 1);
  }
  void buffer(const std::string&, Tensor&) override {}
  void module(const std::string&, Module& module) override {
    module.check_not_moved_from();
    module.visit_members(*this);
  }
  bool follows_pointers() const override { return false; }
};

/// The base is copied before the members: what they share is announced here.
void keep_sharing(const Module& source) {
  source.check_not_moved_from();
  Places visitor;
  readable(source).visit_members(visitor);
  for (const auto& [parameter, count] : visitor.places)
    if (count > 1) reel::detail::copy_together(parameter, count);
}

}  // namespace

Module::Module(const Module& other) { copy_base(other); }

Module::Module(Module&& other) noexcept
    : training_(other.training_),
      called_(other.called_),
      moved_from_(std::exchange(other.moved_from_, true)),
      named_at_(other.named_at_),
      output_shape_(other.output_shape_),
      hooks_(std::move(other.hooks_)) {}

Module& Module::operator=(const Module& other) {
  if (this != &other) copy_base(other);
  return *this;
}

void Module::copy_base(const Module& other) {
  keep_sharing(other);
  const Noting noting(readable(other).place_.busy);  // another thread may be calling it
  training_ = other.training_;
  called_ = other.called_;
  moved_from_ = false;
  named_at_ = other.named_at_;
  output_shape_ = other.output_shape_;
  place_ = other.place_;
}

Module& Module::operator=(Module&& other) noexcept {
  if (this == &other) return *this;
  training_ = other.training_;
  called_ = other.called_;
  moved_from_ = std::exchange(other.moved_from_, true);
  named_at_ = other.named_at_;
  output_shape_ = other.output_shape_;
  place_ = other.place_;
  hooks_ = std::move(other.hooks_);
  return *this;
}

void Module::throw_moved_from() const {
  throw Error(type_name() + " was moved from and used afterwards; what it was is where it was moved to");
}

namespace {

std::atomic<std::uint32_t> structure_version{1};

}  // namespace

void Module::structure_changed() { structure_version.fetch_add(1, std::memory_order_relaxed); }

Module::~Module() {
  // If a copy fails in the middle, the next copy must not share parameters with what is left of it.
  if (reel::detail::copies_expected && std::uncaught_exceptions() > 0) reel::detail::forget_copies();
}

UniquePtr<Module> Module::clone() const { detail::throw_no_clone(*this); }

bool detail::is_exactly(const Module& module, const std::type_info& type) { return typeid(module) == type; }

void detail::throw_no_clone(const Module& module) {
  throw Error(
      module.type_name() +
      " has no clone(): the class needs a REEL_MEMBERS line of its own (empty where it has no members), and members that can be copied");
}

Tensor Module::forward(const Tensor&) {
  return reel::detail::placed(called_at(), [&]() -> Tensor {
    throw Error(type_name() + " has no forward(const Tensor&); override it, or call the functions that it has");
  });
}

Module::Frame::Frame(Module& module, SourceLocation at)
    : frame_{before_.module, &module, module.path_within(before_.module), before_.call_site ? *before_.call_site : at} {
  reel::detail::context.module = &frame_;
  reel::detail::context.call_site = nullptr;
  if (module.moved_from_) [[unlikely]] {
    reel::detail::context = before_;
    reel::detail::placed(frame_.called_at, [&] { module.throw_moved_from(); });
  }
}

Tensor Module::operator()(const Tensor& x, SourceLocation at) {
  if (!hooks_.empty())
    return call(
        at, [&](const Tensor& input) { return forward(input); }, x);
  const Frame frame(*this, at);
  Tensor y = forward(x);
  note(y.shape());
  return y;
}

void Module::note(const Shape& output) {
  const Noting noting(place_.busy);
  output_shape_ = output;
  called_ = true;
}

const char* Module::path_within(const reel::detail::ModuleFrame* outer) {
  const Noting noting(place_.busy);
  if (!outer || !outer->module) {
    if (reel::detail::copies_expected) reel::detail::forget_copies();
    const std::uint32_t version = structure_version.load(std::memory_order_relaxed);
    if (named_at_ != version || !place_.as_root) [[unlikely]] {
      if (!moved_from_) named_parameters();  // so that the tape can name them
      place_.as_root = reel::detail::intern("", type_name());
      named_at_ = version;
    }
    return place_.as_root;
  }
  if (place_.outer != outer->module || place_.outer_path != outer->path) find_place(*outer);
  return place_.path;
}

namespace {

constexpr const char* of_functions =
    "a function in a Sequential cannot show the parameters that it refers to: write a module that names them";

/// Whether the module is a plain function that serves as a layer (in a Sequential).
bool is_function(const Module& module) { return module.type_name().starts_with("FunctionLayer<"); }

}  // namespace

void Module::find_place(const reel::detail::ModuleFrame& outer) {
  std::string found;
  Walker walker(ignore, ignore, [&](const std::string& name, Module& module) {
    if (&module == this && found.empty()) found = name;
  });
  const Module& outer_module = *static_cast<const Module*>(outer.module);
  walker.walk(readable(outer_module));
  // Beside the path stands where an untrained parameter should have been named: in this class, or, after a '!', in a class further up.
  std::string note = reel::detail::note_of(outer.path);
  if (found.empty()) {
    note = is_function(outer_module)
               ? fmt::format("!a function in a Sequential refers to this {}, whose parameters it cannot show: write a module that names it",
                             type_name())
               : fmt::format("!{} calls a {} that its REEL_MEMBERS does not name", outer_module.type_name(), type_name());
    found = type_name();
  } else if (!note.starts_with('!')) {
    note = is_function(*this) ? std::string("!") + of_functions : type_name();
  }
  place_.path = reel::detail::intern(*outer.path ? std::string(outer.path) + "." + found : found, note);
  place_.outer = outer.module;
  place_.outer_path = outer.path;
}

std::string Module::type_name() const {
  const std::unique_ptr<char, void (*)(void*)> readable_name(abi::__cxa_demangle(typeid(*this).name(), nullptr, nullptr, nullptr),
                                                             std::free);
  std::string name = readable_name ? readable_name.get() : typeid(*this).name();
  const std::size_t arguments = std::min(name.find('<'), name.size());
  const std::size_t scope = name.rfind("::", arguments);
  return scope == std::string::npos ? name : name.substr(scope + 2);
}

std::string Module::description() const { return type_name(); }

std::vector<std::pair<std::string, ParameterRef>> Module::named_parameters() {
  static std::recursive_mutex naming;  // models that share parameters may be called for the first time at once
  const std::lock_guard lock(naming);
  reel::detail::forget_copies();
  std::vector<std::pair<std::string, ParameterRef>> result;
  Walker walker(
      [&](const std::string& name, Parameter& parameter) {
        for (const auto& [known, seen] : result)
          if (seen.is_same(parameter)) return;
        if (!parameter.has_own_name() && parameter.name() != name) parameter.set_default_name(name);
        result.emplace_back(name, parameter.share());
      },
      ignore,
      [](const std::string&, Module& module) {
        const Noting noting(module.place_.busy);
        module.place_.outer = nullptr;  // it may have been put elsewhere behind a pointer
      });
  walker.walk(*this);
  return result;
}

std::vector<std::pair<std::string, Tensor>> Module::named_buffers() const {
  std::vector<std::pair<std::string, Tensor>> result;
  Walker walker(
      ignore,
      [&](const std::string& name, Tensor& buffer) {
        if (buffer.defined()) result.emplace_back(name, buffer);
      },
      ignore);
  walker.walk(readable(*this));
  return result;
}

std::vector<std::pair<std::string, Module*>> Module::named_modules() {
  std::vector<std::pair<std::string, Module*>> result{{"", this}};
  Walker walker(ignore, ignore, [&](const std::string& name, Module& module) {
    for (const auto& [known, seen] : result)
      if (seen == &module) return;
    result.emplace_back(name, &module);
  });
  walker.walk(*this);
  return result;
}

std::vector<std::pair<std::string, Module*>> Module::named_children() {
  struct Children : MemberVisitor {
    std::vector<std::pair<std::string, Module*>> result;
    void parameter(const std::string&, Parameter&) override {}
    void buffer(const std::string&, Tensor&) override {}
    void module(const std::string& name, Module& module) override { result.emplace_back(name, &module); }
  } children;
  check_not_moved_from();
  visit_members(children);
  return std::move(children.result);
}

Module& Module::submodule(std::string_view path, SourceLocation at) {
  Module* found = path.empty() ? this : nullptr;
  std::string names;
  Walker walker(ignore, ignore, [&](const std::string& name, Module& module) {
    if (name == path) found = &module;
    names += (names.empty() ? "" : ", ") + name;
  });
  walker.walk(*this);
  if (!found)
    reel::detail::placed(
        at, [&] { throw Error(fmt::format("{} has no module '{}'; it has {}", type_name(), path, names.empty() ? "none" : names)); });
  return *found;
}

std::vector<ParameterRef> Module::parameters() {
  std::vector<ParameterRef> result;
  for (auto& [name, parameter] : named_parameters()) result.push_back(std::move(parameter));
  return result;
}

Module& Module::train(bool on) {
  training_ = on;
  Walker walker(ignore, ignore, [&](const std::string&, Module& module) { module.training_ = on; });
  walker.walk(*this);
  return *this;
}

ModeScope::ModeScope(Module& module, bool training) {
  before_.emplace_back(&module, module.training_);
  Walker walker(ignore, ignore, [&](const std::string&, Module& below) { before_.emplace_back(&below, below.training_); });
  walker.walk(module);
  for (const auto& [switched, mode] : before_) switched->training_ = training;
}

ModeScope::~ModeScope() {
  for (const auto& [module, mode] : before_) module->training_ = mode;
}

Module& Module::to(Dtype dtype, SourceLocation at) {
  if (!is_floating(dtype))
    reel::detail::placed(
        at, [&] { throw DtypeError(fmt::format("{}: a module cannot be {}; it needs float32 or float64", type_name(), name_of(dtype))); });
  detail::NewValues values;
  Walker walker(
      [&](const std::string&, Parameter& parameter) {
        if (parameter.dtype() != dtype) values.add(parameter, parameter.value().astype(dtype));
      },
      [&](const std::string&, Tensor& buffer) {
        if (buffer.defined() && is_floating(buffer.dtype())) values.add(buffer, Tensor(buffer.value().astype(dtype)));
      },
      ignore);
  walker.walk(*this);
  values.put();
  return *this;
}

Module& Module::set_requires_grad(bool on) {
  std::vector<reel::detail::NextValue> changed;
  Walker walker(
      [&](const std::string&, Parameter& parameter) {
        if (parameter.requires_grad() != on) changed.emplace_back(parameter, on);
      },
      ignore, ignore);
  walker.walk(*this);
  for (reel::detail::NextValue& parameter : changed) parameter.put();
  return *this;
}

Module& Module::set_requires_grad(std::string_view name, bool on, SourceLocation at) {
  std::string names;
  bool found = false;
  std::vector<reel::detail::NextValue> changed;
  Walker walker(
      [&](const std::string& path, Parameter& parameter) {
        names += (names.empty() ? "" : ", ") + path;
        const bool below = path.size() > name.size() && path.starts_with(name) && path[name.size()] == '.';
        if (path != name && !below) return;
        if (parameter.requires_grad() != on) changed.emplace_back(parameter, on);
        found = true;
      },
      ignore, ignore);
  walker.walk(*this);
  for (reel::detail::NextValue& parameter : changed) parameter.put();
  if (!found)
    reel::detail::placed(at, [&] {
      throw Error(fmt::format("{}: '{}' names no parameter, and no module that has some; there are {}", type_name(), name,
                              names.empty() ? "none" : names));
    });
  return *this;
}

void Module::zero_grad() {
  Walker walker([](const std::string&, Parameter& parameter) { parameter.clear_grad(); }, ignore, ignore);
  walker.walk(*this);
}

}  // namespace reel::nn
