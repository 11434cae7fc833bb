#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <reel/autograd/detail/untrained.hpp>
#include <reel/nn/module.hpp>

namespace reel::nn {

namespace {

using Row = std::array<std::string, 3>;

std::string with_commas(std::size_t n) {
  std::string text = std::to_string(n);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

/// While alive, ops are recorded, also under NoGrad.
class Recording {
 public:
  Recording() { reel::detail::context.recording = true; }
  ~Recording() { reel::detail::context.recording = before_; }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  bool before_ = reel::detail::context.recording;
};

std::string shape_text(const Module& module) { return module.output_shape() ? to_string(*module.output_shape()) : "?"; }

/// One row per module, children indented below it. Parameters are counted where they stand, so that rows add up to the total.
struct Rows : MemberVisitor {
  std::vector<Row> rows;
  std::vector<ParameterRef> seen;
  std::size_t depth = 0, own = 0, total = 0, trainable = 0;

  void parameter(const std::string&, Parameter& parameter) override {
    for (const ParameterRef& known : seen)
      if (known.is_same(parameter)) return;
    seen.push_back(parameter.share());
    own += parameter.size();
    total += parameter.size();
    if (parameter.requires_grad()) trainable += parameter.size();
  }
  void buffer(const std::string&, Tensor&) override {}
  void module(const std::string& name, Module& module) override {
    module.check_not_moved_from();
    const std::size_t row = rows.size(), before = own;
    rows.push_back({std::string(2 * depth, ' ') + name + ": " + module.description(), shape_text(module), {}});
    own = 0;
    ++depth;
    module.visit_members(*this);
    --depth;
    rows[row][2] = own > 0 ? with_commas(own) : std::string("-");
    own = before;
  }
};

}  // namespace

std::string Module::summary() const {
  check_not_moved_from();
  Rows visitor;
  const_cast<Module&>(*this).visit_members(visitor);
  std::vector<Row> rows = {{description(), "output shape", "parameters"}};
  if (visitor.rows.empty() || visitor.own > 0) rows.push_back({description(), shape_text(*this), with_commas(visitor.own)});
  rows.insert(rows.end(), visitor.rows.begin(), visitor.rows.end());
  std::array<std::size_t, 3> widths{};
  for (const Row& row : rows)
    for (std::size_t c = 0; c < 3; ++c) widths[c] = std::max(widths[c], row[c].size());
  const std::string rule(widths[0] + widths[1] + widths[2] + 4, '-');
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    text += fmt::format("{:<{}}  {:<{}}  {:>{}}\n", rows[i][0], widths[0], rows[i][1], widths[1], rows[i][2], widths[2]);
    if (i == 0) text += rule + '\n';
  }
  text += rule + '\n';
  text += fmt::format("{} parameters, {} trainable", with_commas(visitor.total), with_commas(visitor.trainable));
  return text;
}

/// The call is recorded, since the parameters that it used are found on the tape of its results.
std::string Module::summary_of_call(const void* self, void (*function)(const void* self)) {
  const ModeScope mode(*this, false);
  std::vector<Tensor> results;
  {
    const ModuleHook hook = on_forward(
        [&results](const std::vector<Tensor>&, const std::vector<Tensor>& y) { results.insert(results.end(), y.begin(), y.end()); });
    const Recording scope;
    function(self);
  }
  const std::vector<ParameterRef> named = parameters();
  std::size_t unnamed = 0;
  for (const ParameterRef& used : reel::detail::parameters_of(results))
    unnamed += std::none_of(named.begin(), named.end(), [&](const ParameterRef& p) { return p.is_same(used); });
  if (unnamed == 0) return summary();
  return summary() + fmt::format("\n{} parameter{} used here {} not named in REEL_MEMBERS: not trained, not saved", unnamed,
                                 unnamed == 1 ? "" : "s", unnamed == 1 ? "is" : "are");
}

std::string Module::summary(const Shape& input, Dtype dtype, SourceLocation at) { return summary(zeros(input, {.dtype = dtype}), at); }

std::string Module::summary(const Tensor& sample, SourceLocation at) {
  return summary([&] { (*this)(sample, at); });
}

std::ostream& operator<<(std::ostream& out, const Module& module) { return reel::detail::write(out, module.summary()); }

}  // namespace reel::nn

fmt::format_context::iterator fmt::formatter<reel::nn::Module>::format(const reel::nn::Module& module, fmt::format_context& context) const {
  return fmt::formatter<fmt::string_view>::format(module.summary(), context);
}
