#include <reel/autograd/debug/diff.hpp>

#include <map>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/align.hpp>
#include <reel/autograd/debug/detail/state.hpp>

namespace reel::debug {

namespace {

using Kind = Difference::Kind;

std::string key_of(const Run& run, std::size_t i) {
  const Entry e = run.entry(i);
  if (e.is_leaf()) return fmt::format("{} {} {}", e.op(), e.name(), e.value().shape());
  return fmt::format("{} {} {}", e.op(), e.module(), reel::to_string(e.location()));
}

/// The same number for entries with the same key, in both runs.
class Keys {
 public:
  std::vector<std::size_t> of(const Run& run) {
    std::vector<std::size_t> keys;
    for (std::size_t i = 0; i < run.size(); ++i) keys.push_back(numbers_.try_emplace(key_of(run, i), numbers_.size()).first->second);
    return keys;
  }

 private:
  std::map<std::string, std::size_t> numbers_;
};

bool is_same(const Array& a, const Array& b, const DiffOptions& o) {
  return identical(a, b) || ((o.rtol > 0 || o.atol > 0) && a.dtype() == b.dtype() && allclose(a, b, o.rtol, o.atol));
}

class Comparison {
 public:
  Comparison(Stepper::State& a, Stepper::State& b, const DiffOptions& options) : a_(a), b_(b), options_(options) {
    Keys keys;
    pairs_ = align(keys.of(a.run), keys.of(b.run));
  }

  Diff run() {
    values();
    if (options_.gradients) gradients();
    return {std::move(found_), pairs_.size()};
  }

 private:
  void values() {
    std::size_t x = 0, y = 0;
    const auto skip_to = [&](std::size_t next_x, std::size_t next_y) {
      for (; x < next_x; ++x) found_.push_back({Kind::only_in_first, a_.run.entry(x), x, Difference::none});
      for (; y < next_y; ++y) found_.push_back({Kind::only_in_second, b_.run.entry(y), Difference::none, y});
    };
    for (const auto& [i, j] : pairs_) {
      skip_to(i, j);
      compare(Kind::value, i, j, a_.run.value(i), b_.run.value(j));
      x = i + 1;
      y = j + 1;
    }
    skip_to(a_.run.size(), b_.run.size());
  }

  void gradients() {
    for (std::size_t p = pairs_.size(); p-- > 0;) {
      const auto& [i, j] = pairs_[p];
      const Tensor g = a_.reversals[0].gradient(i), h = b_.reversals[0].gradient(j);
      if (g.defined() && h.defined()) compare(Kind::gradient, i, j, g.value(), h.value());
    }
  }

  void compare(Kind kind, std::size_t i, std::size_t j, const Array& a, const Array& b) {
    if (a.shape() != b.shape() || a.dtype() != b.dtype()) {
      if (kind == Kind::value) found_.push_back({Kind::shape, b_.run.entry(j), i, j});
    } else if (!is_same(a, b, options_)) {
      found_.push_back({kind, b_.run.entry(j), i, j, max_difference(a, b)});
    }
  }

  Stepper::State &a_, &b_;
  const DiffOptions& options_;
  std::vector<std::pair<std::size_t, std::size_t>> pairs_;
  std::vector<Difference> found_;
};

std::string title_of(const Difference& d) {
  std::string text = d.entry.op();
  if (!d.entry.name().empty()) text += " '" + d.entry.name() + "'";
  const std::string at = place_in_brackets(d.entry);
  return at.empty() ? text : text + " " + at;
}

std::string line_of(const Difference& d) {
  switch (d.kind) {
    case Kind::only_in_first: return fmt::format("#{} {}: only in the first run", d.first, title_of(d));
    case Kind::only_in_second: return fmt::format("#{} {}: only in the second run", d.second, title_of(d));
    case Kind::shape: return fmt::format("#{} #{} {}: another shape or dtype", d.first, d.second, title_of(d));
    case Kind::value: return fmt::format("#{} #{} {}: values differ by up to {:.4g}", d.first, d.second, title_of(d), d.largest);
    case Kind::gradient: break;
  }
  return fmt::format("#{} #{} {}: gradients differ by up to {:.4g}", d.first, d.second, title_of(d), d.largest);
}

}  // namespace

Diff::Diff(std::vector<Difference> differences, std::size_t aligned) : differences_(std::move(differences)), aligned_(aligned) {}

Entry Diff::first_changed() const {
  if (empty()) throw Error(fmt::format("diff: the two runs are the same in all {} entries", aligned_));
  return differences_.front().entry;
}

std::string Diff::to_string() const {
  if (empty()) return fmt::format("the same in all {} entries\n", aligned_);
  std::string text = fmt::format("{} differences; {} entries stand in both runs\n", size(), aligned_);
  for (std::size_t i = 0; i < size() && i < 20; ++i) text += "  " + line_of(differences_[i]) + "\n";
  if (size() > 20) text += fmt::format("  ... {} more\n", size() - 20);
  return text;
}

Diff diff(const Stepper& a, const Stepper& b, const DiffOptions& options) { return Comparison(a.state(), b.state(), options).run(); }

Diff diff(const Tensor& a, const Tensor& b, const DiffOptions& options, SourceLocation at) {
  return diff(Stepper(a, {}, at), Stepper(b, {}, at), options);
}

}  // namespace reel::debug
