#include <reel/autograd/debug/page/collect.hpp>

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/gradient_summary.hpp>
#include <reel/autograd/debug/detail/structure.hpp>

namespace reel::debug {

namespace {

Picture whole_picture(const Array& array) { return picture_of(array, levels[0].numbers, levels[0].edge); }

void collect_gradients(const Run& run, BackwardReplay& reversal, std::vector<EntryData>& entries) {
  const std::size_t n = run.size();
  const auto note = [&](std::size_t entry, std::size_t user, std::size_t done, double size) {
    const Tensor sum = reversal.gradient(entry, done);
    if (sum.defined()) entries[entry].gradients.push_back({user, whole_picture(sum.value()), size});
  };
  for (std::size_t done = 1; done <= n; ++done) {
    const std::size_t user = n - done;
    if (user + 1 == n || reel::detail::hooks_of(run.node(user))) note(user, user, done, 0);
    const std::vector<Tensor>& given = reversal.contributions(user);
    for (std::size_t k = 0; k < given.size(); ++k) {
      if (!given[k].defined()) continue;
      const std::size_t entry = run.input(user, k);
      note(entry, user, done, run.users(entry).size() > 1 ? magnitude(given[k].value()) : 0);
    }
  }
}

/// Writes sentences, up to a given number, and skips ops that are too large for it.
class Narrator {
 public:
  Narrator(const Run& run, BackwardReplay& reversal, std::vector<Sentence>& sentences)
      : run_(run), reversal_(reversal), sentences_(sentences), told_(2 * run.size()) {}

  void value(std::size_t entry, std::size_t position, std::size_t work) {
    if (work_of(entry) > work) return;
    tell(entry, position, false, [&] {
      if (!run_.is_op(entry)) return explain_value(run_, entry, position);
      if (!structure_ || structure_of_ != entry) {
        structure_.emplace(run_, entry);
        structure_of_ = entry;
      }
      return explain_value(run_, entry, position, *structure_);
    });
  }

  void gradient(std::size_t entry, std::size_t position, std::size_t work) {
    if (run_.users(entry).size() > 16 || !reversal_.gradient(entry).defined()) return;
    std::size_t largest = 0;
    for (const std::uint32_t user : run_.users(entry)) largest = std::max(largest, work_of(user));
    if (largest <= work) tell(entry, position, true, [&] { return explain_gradient(run_, reversal_, entry, position, run_.size()); });
  }

  /// One sentence for each entry: the element that stands out.
  void first(std::size_t entry) {
    constexpr std::size_t work = 300'000;
    if (run_.value(entry).size() == 0) return;
    value(entry, position_of(run_.value(entry), {}, ""), work);
    const Tensor dy = reversal_.gradient(entry);
    if (dy.defined()) gradient(entry, position_of(dy.value(), {}, ""), work);
  }

  /// Sentences for all elements.
  void rest(std::size_t entry) {
    constexpr std::size_t few = 64, work = 4096;
    for (std::size_t p = 0; p < run_.value(entry).size() && run_.value(entry).size() <= few; ++p) {
      value(entry, p, work);
      gradient(entry, p, work);
    }
  }

 private:
  static constexpr std::size_t most = 4000;

  std::size_t work_of(std::size_t entry) const {
    std::size_t work = run_.value(entry).size();
    for (const Tensor& input : run_.node(entry)->inputs) work += input.value().size();
    return work;
  }

  template <class F>
  void tell(std::size_t entry, std::size_t position, bool is_gradient, const F& f) {
    std::vector<std::size_t>& before = told_[2 * entry + (is_gradient ? 1 : 0)];
    if (sentences_.size() >= most || std::find(before.begin(), before.end(), position) != before.end()) return;
    before.push_back(position);
    try {
      sentences_.push_back({entry, position, is_gradient, f()});
    } catch (const Error&) {
      // The op cannot be explained; the page then shows the rule alone.
    }
  }

  const Run& run_;
  BackwardReplay& reversal_;
  std::vector<Sentence>& sentences_;
  std::vector<std::vector<std::size_t>> told_;
  std::optional<Structure> structure_;  // of the last op
  std::size_t structure_of_ = npos;
};

void collect_sentences(const Run& run, BackwardReplay& reversal, const std::vector<Finding>& alerts, std::vector<Sentence>& sentences) {
  Narrator narrator(run, reversal, sentences);
  for (const Finding& f : alerts) {
    if (f.index().empty()) continue;
    const std::size_t position = position_of(run.value(f.number()), f.index(), "");
    if (f.phase() == Phase::forward) narrator.value(f.number(), position, 300'000);
    if (f.phase() == Phase::backward) narrator.gradient(f.number(), position, 300'000);
  }
  for (std::size_t i = run.size(); i-- > 0;) narrator.first(i);
  for (std::size_t i = run.size(); i-- > 0;) narrator.rest(i);
}

}  // namespace

PageData collect(const Stepper& stepper, const PageOptions& options) {
  Stepper::State& state = stepper.state();
  const Run& run = state.run;
  const std::size_t pass = state.is_forward() ? 0 : state.pass();
  BackwardReplay& reversal = state.reversals[pass];
  PageData data;
  data.title = !options.title.empty() ? options.title : run.label(run.size() - 1);
  if (pass > 0) data.title += fmt::format(", backward pass {}", pass + 1);
  data.position = state.position - pass * run.size();
  data.run = &run;
  data.entries.resize(run.size());
  for (std::size_t i = 0; i < run.size(); ++i) data.entries[i].value = whole_picture(run.value(i));
  collect_gradients(run, reversal, data.entries);
  data.alerts = alerts(run.result(), {.parameters = options.parameters, .seed = reversal.seed()}, state.at);
  collect_sentences(run, reversal, data.alerts, data.sentences);
  return data;
}

}  // namespace reel::debug
