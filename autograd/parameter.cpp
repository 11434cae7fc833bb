#include <reel/autograd/parameter.hpp>

#include <algorithm>
#include <mutex>

#include <fmt/format.h>
#include <reel/autograd/detail/next_value.hpp>
#include <reel/autograd/detail/node.hpp>
#include <reel/autograd/detail/shared_copies.hpp>
#include <reel/core/kernels/elementwise.hpp>

namespace reel {

namespace {

std::string title(const detail::ParameterState* p) { return p->name.empty() ? std::string("a parameter") : "parameter " + p->name; }

std::unique_ptr<std::string> name_of_leaf(const std::string& name) { return name.empty() ? nullptr : std::make_unique<std::string>(name); }

Tensor make_leaf(detail::ParameterState* state, Array value) {
  std::unique_ptr<std::string> name = name_of_leaf(state->name);
  detail::Node* const node = detail::Node::make(std::move(value));
  node->kind = detail::Kind::parameter;
  node->tracked = state->requires_grad;
  node->parameter = state;
  node->name = std::move(name);
  return Tensor::adopt(node);
}

/// Removes the history of a gradient: it would keep the parameter alive, which holds the gradient.
Tensor without_history(Tensor gradient) {
  if (gradient.has_history()) return gradient.detach();
  return gradient;
}

void check_like(const detail::ParameterState* p, const char* what, const Array& value) {
  const Array& own = p->leaf.value();
  if (value.shape() != own.shape())
    throw ShapeError(
        fmt::format("{} has shape {} and its new {} is {}; they need to be the same", title(p), own.shape(), what, value.shape()));
  if (value.dtype() != own.dtype())
    throw DtypeError(fmt::format("{} is {} and its new {} is {}; they need to be the same", title(p), name_of(own.dtype()), what,
                                 name_of(value.dtype())));
}

/// A parameter that is being copied in several places.
struct CopiedTogether {
  ParameterRef source;
  std::size_t left;
  std::vector<ParameterRef> copy;  // none or one
};

thread_local std::vector<CopiedTogether> copied_together;

/// A module names its parameters when it is called for the first time, which may be while another thread copies it.
std::mutex naming;

ParameterRef copy_of(const Parameter& other) {
  std::string name;
  {
    const std::lock_guard lock(naming);
    name = other.name();
  }
  Parameter copy(std::move(name), Tensor(other.value()));
  copy.state()->has_own_name = other.has_own_name();
  if (!other.requires_grad()) copy.set_requires_grad(false);
  return copy;
}

/// The copy that other places of the object share, or a copy of its own.
ParameterRef copy_or_share(const Parameter& other) {
  const auto entry = std::find_if(copied_together.begin(), copied_together.end(), [&](const auto& e) { return e.source.is_same(other); });
  if (entry == copied_together.end()) return copy_of(other);
  if (entry->copy.empty()) entry->copy.push_back(copy_of(other));
  ParameterRef copy = entry->copy[0];
  if (--entry->left == 0) copied_together.erase(entry);
  detail::copies_expected = !copied_together.empty();
  return copy;
}

}  // namespace

detail::NextValue::NextValue(ParameterRef parameter, Array value)
    : parameter_(std::move(parameter)), leaf_(make_leaf(parameter_.state(), std::move(value))) {}

detail::NextValue::NextValue(ParameterRef parameter, bool requires_grad) : NextValue(parameter, parameter.value()) {
  requires_grad_ = requires_grad;
}

void detail::NextValue::put() noexcept {
  ParameterState* const state = parameter_.state();
  Node *const next = leaf_.node(), *const present = state->leaf.node();
  if (requires_grad_) state->requires_grad = *requires_grad_;
  next->tracked = state->requires_grad;
  if (next->value.dtype() != present->value.dtype()) state->grad = Tensor();
  if (state->leaf.is_only_owner()) {
    next->name = std::move(present->name);  // it may have been renamed meanwhile
  } else {
    state->owners.add();
    present->keeps_parameter = true;
  }
  state->leaf = std::move(leaf_);
}

void detail::copy_together(const ParameterRef& parameter, std::size_t places) {
  for (const CopiedTogether& entry : copied_together)
    if (entry.source.is_same(parameter)) return;
  copied_together.push_back({parameter, places, {}});
  copies_expected = true;
}

void detail::forget_copies() {
  copied_together.clear();
  copies_expected = false;
}

ParameterRef::ParameterRef(const ParameterRef& other) noexcept : state_(other.state_) {
  if (state_) state_->owners.add();
}

ParameterRef ParameterRef::share(detail::ParameterState* state) {
  state->owners.add();
  return ParameterRef(state);
}

ParameterRef::~ParameterRef() {
  if (state_) detail::free_parameter(state_);
}

detail::ParameterState* ParameterRef::get() const {
  if (!state_) [[unlikely]]
    throw Error("a parameter that was moved from was used; what it was is where it was moved to");
  return state_;
}

const std::string& ParameterRef::name() const { return get()->name; }

void ParameterRef::set_name(std::string name) {
  const bool is_own = !name.empty();
  set_default_name(std::move(name));
  state_->has_own_name = is_own;
}

bool ParameterRef::has_own_name() const { return get()->has_own_name; }

void ParameterRef::set_default_name(std::string name) {
  std::unique_ptr<std::string> of_leaf = name_of_leaf(name);
  const std::lock_guard lock(naming);
  get()->name = std::move(name);
  get()->leaf.node()->name = std::move(of_leaf);
}

const Tensor& ParameterRef::tensor(SourceLocation at) const {
  if (!state_) [[unlikely]]
    detail::placed(at, [&] { get(); });
  return state_->leaf;
}

void ParameterRef::set_value(const Tensor& value, SourceLocation at) { set_value(value.value(), at); }

void ParameterRef::set_value(Array value, SourceLocation at) {
  detail::placed(at, [&] { check_like(get(), "value", value); });
  writable() = std::move(value);
}

Array& ParameterRef::writable() {
  detail::ParameterState* const state = get();
  if (!state->leaf.is_only_owner()) detail::NextValue(*this, value()).put();
  return state->leaf.node()->value;
}

void ParameterRef::to(Dtype dtype, SourceLocation at) {
  if (!is_floating(dtype))
    detail::placed(
        at, [&] { throw DtypeError(fmt::format("{} cannot be {}; parameters are float32 or float64", title(get()), name_of(dtype))); });
  if (dtype == this->dtype()) return;
  detail::NextValue(*this, value().astype(dtype)).put();
}

bool ParameterRef::requires_grad() const { return get()->requires_grad; }

void ParameterRef::set_requires_grad(bool on) {
  if (on != get()->requires_grad) detail::NextValue(*this, on).put();
}

bool ParameterRef::has_grad() const { return get()->grad.defined(); }

const Tensor& ParameterRef::grad(SourceLocation at) const {
  if (!has_grad())
    detail::placed(at, [&] {
      throw GradientError(fmt::format("{} has no gradient; call backward() on a result that depends on it first", title(get())));
    });
  state_->grad_was_read.store(true, std::memory_order_relaxed);
  return state_->grad;
}

void ParameterRef::set_grad(Tensor gradient, SourceLocation at) {
  detail::placed(at, [&] { check_like(get(), "gradient", gradient.value()); });
  get()->grad = without_history(std::move(gradient));
}

void ParameterRef::add_grad(Tensor gradient, SourceLocation at) {
  detail::placed(at, [&] { detail::add_gradient(get(), std::move(gradient)); });
}

void detail::add_gradient(ParameterState* state, Tensor gradient) {
  check_like(state, "gradient", gradient.value());
  Tensor& sum = state->grad;
  if (!sum.defined()) {
    sum = without_history(std::move(gradient));
  } else if (sum.is_only_owner()) {
    kernels::accumulate(sum.node()->value, gradient.value());
  } else {
    sum = Tensor(kernels::add(sum.value(), gradient.value()));
  }
}

void ParameterRef::clear_grad() { get()->grad = Tensor(); }

Parameter::Parameter(std::string name, const Tensor& value, SourceLocation at) : ParameterRef(new detail::ParameterState) {
  if (!value.defined()) detail::throw_undefined("Parameter", at);
  if (!is_floating(value.dtype()))
    detail::placed(at, [&] {
      throw DtypeError(fmt::format("{}: its value is {}; parameters are float32 or float64",
                                   name.empty() ? "a parameter" : "parameter " + name, name_of(value.dtype())));
    });
  state()->has_own_name = !name.empty();
  state()->name = std::move(name);
  state()->leaf = make_leaf(state(), value.value());
}

Parameter::Parameter(const Parameter& other) : ParameterRef(detail::copies_expected ? copy_or_share(other) : copy_of(other)) {}

}  // namespace reel
