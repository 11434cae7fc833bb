#include <reel/nn/module.hpp>

#include <cxxabi.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>
#include <typeinfo>

#include <fmt/format.h>

namespace reel::nn {

namespace {

/// Calls back for everything below a module, with dotted names. Shared parameters and modules come up once for each place.
template <class OnParameter, class OnBuffer, class OnModule>
class Walker : public MemberVisitor {
 public:
  Walker(OnParameter on_parameter, OnBuffer on_buffer, OnModule on_module)
      : on_parameter_(std::move(on_parameter)), on_buffer_(std::move(on_buffer)), on_module_(std::move(on_module)) {}

  void walk(Module& module) { module.visit_members(*this); }

  void parameter(const std::string& name, Parameter& parameter) override { on_parameter_(prefix_ + name, parameter); }
  void buffer(const std::string& name, Tensor& buffer) override { on_buffer_(prefix_ + name, buffer); }
  void module(const std::string& name, Module& module) override {
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

constexpr auto ignore = [](const std::string&, auto&) {};

/// Members are visited through non-const references; the const functions below only read.
Module& readable(const Module& module) { return const_cast<Module&>(module); }

/// Keeps other threads that call the same module from noting things down while it lives: a few instructions, so they spin.
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

Module::~Module() = default;

Tensor Module::forward(const Tensor&) {
  return reel::detail::placed(called_at(), [&]() -> Tensor {
    throw Error(type_name() + " has no forward(const Tensor&); override it, or call the functions that it has");
  });
}

Tensor Module::operator()(const Tensor& x, SourceLocation at) {
  struct Frame {
    reel::detail::Context before = reel::detail::context;
    reel::detail::ModuleFrame frame;
    ~Frame() { reel::detail::context = before; }
  } call;
  call.frame = {call.before.module, this, path_within(call.before.module), call.before.call_site ? *call.before.call_site : at};
  reel::detail::context.module = &call.frame;
  reel::detail::context.call_site = nullptr;
  Tensor y = forward(x);
  const Noting noting(place_.busy);
  output_shape_ = y.shape();
  called_ = true;
  return y;
}

const char* Module::path_within(const reel::detail::ModuleFrame* outer) {
  const Noting noting(place_.busy);
  if (!outer || !outer->module) {
    if (!named_) {
      static std::mutex naming;  // models that share parameters may be called for the first time at once
      const std::lock_guard lock(naming);
      named_parameters();  // so that the tape can name them
    }
    named_ = true;
    return "";
  }
  if (place_.outer != outer->module || place_.outer_path != outer->path) find_place(*outer);
  return place_.path;
}

void Module::find_place(const reel::detail::ModuleFrame& outer) {
  std::string found;
  Walker walker(ignore, ignore, [&](const std::string& name, Module& module) {
    if (&module == this && found.empty()) found = name;
  });
  walker.walk(readable(*static_cast<const Module*>(outer.module)));
  if (found.empty()) found = type_name();
  place_.path = reel::detail::intern(*outer.path ? std::string(outer.path) + "." + found : found);
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

std::vector<ParameterRef> Module::parameters() {
  std::vector<ParameterRef> result;
  for (auto& [name, parameter] : named_parameters()) result.push_back(std::move(parameter));
  return result;
}

State Module::state() const {
  State result;
  Walker walker([&](const std::string& name, Parameter& parameter) { result[name] = Tensor(parameter.value()); },
                [&](const std::string& name, Tensor& buffer) {
                  if (buffer.defined()) result[name] = buffer.detach();
                },
                ignore);
  walker.walk(readable(*this));
  return result;
}

void Module::load_state(const State& state) {
  std::string missing, unexpected, different;
  std::vector<std::string> known;
  const auto note = [](std::string& list, const std::string& text) { list += (list.empty() ? "" : ", ") + text; };
  const auto check = [&](const std::string& name, const Array& here) {
    known.push_back(name);
    const auto found = state.find(name);
    if (found == state.end()) return note(missing, name);
    const Array& there = found->second.value();
    if (there.shape() != here.shape() || there.dtype() != here.dtype())
      note(different, fmt::format("{} is {} {} here and {} {} in the state", name, here.shape(), name_of(here.dtype()), there.shape(),
                                  name_of(there.dtype())));
  };
  Walker checker([&](const std::string& name, Parameter& parameter) { check(name, parameter.value()); },
                 [&](const std::string& name, Tensor& buffer) {
                   if (buffer.defined()) return check(name, buffer.value());
                   known.push_back(name);
                 },
                 ignore);
  checker.walk(*this);
  std::sort(known.begin(), known.end());
  for (const auto& [name, tensor] : state)
    if (!std::binary_search(known.begin(), known.end(), name)) note(unexpected, name);
  std::string text;
  if (!missing.empty()) text += "; missing: " + missing;
  if (!unexpected.empty()) text += "; unexpected: " + unexpected;
  if (!different.empty()) text += "; different: " + different;
  if (!text.empty()) throw Error("load_state: the state does not fit " + type_name() + text);
  Walker loader([&](const std::string& name, Parameter& parameter) { parameter.set_value(state.at(name).value()); },
                [&](const std::string& name, Tensor& buffer) {
                  if (const auto found = state.find(name); found != state.end()) buffer = found->second.detach();
                },
                ignore);
  loader.walk(*this);
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

Module& Module::to(Dtype dtype) {
  if (!is_floating(dtype))
    throw DtypeError(fmt::format("{}: a module cannot be {}; it needs float32 or float64", type_name(), name_of(dtype)));
  Walker walker([&](const std::string&, Parameter& parameter) { parameter.to(dtype); },
                [&](const std::string&, Tensor& buffer) {
                  if (buffer.defined() && is_floating(buffer.dtype())) buffer = Tensor(buffer.value().astype(dtype));
                },
                ignore);
  walker.walk(*this);
  return *this;
}

Module& Module::set_requires_grad(bool on) {
  Walker walker([&](const std::string&, Parameter& parameter) { parameter.set_requires_grad(on); }, ignore, ignore);
  walker.walk(*this);
  return *this;
}

void Module::zero_grad() {
  Walker walker([](const std::string&, Parameter& parameter) { parameter.clear_grad(); }, ignore, ignore);
  walker.walk(*this);
}

}  // namespace reel::nn
