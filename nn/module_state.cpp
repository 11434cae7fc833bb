#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <reel/core/io/detail/names.hpp>
#include <reel/core/io/safetensors.hpp>
#include <reel/nn/detail/new_values.hpp>
#include <reel/nn/detail/walker.hpp>

namespace reel {

namespace nn {

using detail::ignore;
using detail::readable;
using detail::Walker;

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

namespace {

/// The differences between a module and a state.
class Comparison {
 public:
  Comparison(Module& module, const State& state, bool convert) : state_(state), convert_(convert) {
    Walker walker([&](const std::string& name, Parameter& parameter) { this->parameter(name, parameter); },
                  [&](const std::string& name, Tensor& buffer) {
                    known_.push_back(name);
                    if (buffer.defined() && !compare(name, buffer.value())) report_.missing.push_back(name);
                  },
                  ignore);
    walker.walk(module);
    for (const auto& [name, parameter] : left_out_)
      if (std::none_of(loaded_.begin(), loaded_.end(), [&wanted = parameter](const auto& other) {
            return other.is_same(wanted);
          }))  // clang 14 captures no binding by itself
        report_.missing.push_back(name);
    std::sort(known_.begin(), known_.end());
    for (const auto& [name, tensor] : state)
      if (!std::binary_search(known_.begin(), known_.end(), name)) report_.unexpected.push_back(name);
  }

  const LoadReport& report() const { return report_; }
  const std::vector<std::string>& different() const { return different_; }
  /// Whether LoadOptions::convert would help with one of these.
  bool may_convert() const { return may_convert_; }

 private:
  void parameter(const std::string& name, Parameter& parameter) {
    known_.push_back(name);
    if (compare(name, parameter.value())) {
      loaded_.push_back(parameter.share());
    } else {
      left_out_.emplace_back(name, parameter.share());
    }
  }

  /// Whether the state has the name.
  bool compare(const std::string& name, const Array& here) {
    const auto found = state_.find(name);
    if (found == state_.end()) return false;
    const Array& there = found->second.value();
    const bool is_convertible = is_floating(there.dtype()) && is_floating(here.dtype());
    if (there.shape() != here.shape() || (there.dtype() != here.dtype() && !(convert_ && is_convertible))) {
      may_convert_ = may_convert_ || (there.shape() == here.shape() && is_convertible);
      different_.push_back(fmt::format("{} is {} {} here and {} {} in the state", name, here.shape(), name_of(here.dtype()), there.shape(),
                                       name_of(there.dtype())));
    }
    return true;
  }

  const State& state_;
  bool convert_, may_convert_ = false;
  LoadReport report_;
  std::vector<std::string> known_, different_;
  std::vector<ParameterRef> loaded_;
  std::vector<std::pair<std::string, ParameterRef>> left_out_;  // which a parameter's other names may make good
};

}  // namespace

namespace {

/// Whether the missing names exist with the prefix that save_checkpoint() gives a model's names.
bool is_checkpoint_of(const std::vector<std::string>& missing, const State& state) {
  return !missing.empty() &&
         std::all_of(missing.begin(), missing.end(), [&](const std::string& name) { return state.contains("model." + name); });
}

}  // namespace

LoadReport Module::load_state(const State& state, LoadOptions options, SourceLocation at) {
  LoadReport report;
  reel::detail::placed(at, [&] { prepare_load(state, options, &report).commit(); });
  return report;
}

Change Module::prepare_load(const State& state, LoadOptions options, LoadReport* answer) {
  const Comparison comparison(*this, state, options.convert);
  const LoadReport& report = comparison.report();
  std::string text;
  const auto list = [&](const char* what, const std::vector<std::string>& names) {
    if (!names.empty()) text += fmt::format("; {}: {}", what, fmt::join(names, ", "));
  };
  if (options.strict) {
    list("missing", report.missing);
    list("unexpected", report.unexpected);
  }
  list("different", comparison.different());
  if (comparison.may_convert()) text += "; {.convert = true} converts float32 and float64";
  if (!text.empty() && is_checkpoint_of(report.missing, state))
    text += "; the state is a whole checkpoint: load_checkpoint(path, {.model = &model}) loads one";
  if (!text.empty()) throw Error("load_state: the state does not fit " + type_name() + text);
  const auto converted = [](const Array& value, Dtype dtype) { return value.dtype() == dtype ? value : value.astype(dtype); };
  detail::NewValues values;
  Walker loader(
      [&](const std::string& name, Parameter& parameter) {
        if (const auto found = state.find(name); found != state.end())
          values.add(parameter, converted(found->second.value(), parameter.dtype()));
      },
      [&](const std::string& name, Tensor& buffer) {
        if (const auto found = state.find(name); found != state.end())
          values.add(buffer, Tensor(buffer.defined() ? converted(found->second.value(), buffer.dtype()) : found->second.value()));
      },
      ignore);
  loader.walk(*this);
  if (answer) *answer = report;
  return Change([values = std::move(values)]() mutable noexcept { values.put(); });
}

}  // namespace nn

void save_safetensors(const std::string& path, const State& state, const std::map<std::string, std::string>& metadata, SourceLocation at) {
  detail::placed(at, [&] {
    if (state.empty()) throw Error(fmt::format("save_safetensors: {} would hold no tensors; {}", path, nn::detail::why_stateless));
    io::Arrays arrays;
    for (const auto& [name, tensor] : state) arrays.emplace(name, tensor.value());
    io::write_safetensors(path, arrays, metadata, {});
  });
}

State load_safetensors(const std::string& path, SourceLocation at) {
  return detail::placed(at, [&] {
    io::Safetensors file = io::read_safetensors(path, {});
    if (file.tensors.empty() && !file.unreadable.empty())
      throw IoError(fmt::format("{}: none of its tensors can be read; {} is {}", path, io::in_quotes(file.unreadable.begin()->first),
                                file.unreadable.begin()->second));
    State state;
    for (auto& [name, array] : file.tensors) state.emplace(name, Tensor(std::move(array)));
    return state;
  });
}

}  // namespace reel
