#include <algorithm>
#include <climits>

#include <fmt/format.h>
#include <reel/autograd/debug/terminal/command_context.hpp>
#include <reel/autograd/debug/terminal/command_text.hpp>

// condition := all { "||" all };  all := not { "&&" not };  not := "!" not | "(" condition ")" | test

namespace reel::debug {

namespace {

class ConditionParser {
 public:
  ConditionParser(const CommandContext& context, const std::string& text) : context_(context), text_(text) {}

  Condition run() {
    Condition c = any();
    skip_blanks();
    if (at_ < text_.size()) fail(fmt::format("\"{}\" is left over; combine conditions with && and ||", text_.substr(at_)));
    return c;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw Error(fmt::format("{} (`help break` lists conditions)", what)); }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (!std::string_view(text_).substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  /// Reads up to a blank or an operator.
  std::string word() {
    skip_blanks();
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] != ' ' && text_[at_] != '(' && text_[at_] != ')' && text_[at_] != '&' && text_[at_] != '|')
      ++at_;
    return text_.substr(from, at_ - from);
  }
  std::string needed_word(const char* what) {
    const std::string w = word();
    if (w.empty()) fail(fmt::format("{} needs a word behind it", what));
    return w;
  }

  /// Enters one more level of parentheses or negations.
  struct Deeper {
    explicit Deeper(ConditionParser& parser) : depth(parser.depth_) {
      if (++depth > 200) parser.fail("too many parentheses");
    }
    ~Deeper() { --depth; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    int& depth;
  };

  Condition any() {
    Condition c = all();
    while (take("||")) c = c || all();
    return c;
  }
  Condition all() {
    Condition c = one();
    while (take("&&")) c = c && one();
    return c;
  }
  Condition one() {
    const Deeper deeper(*this);
    if (take("!")) return !one();
    if (take("(")) {
      Condition c = any();
      if (!take(")")) fail("a ) is missing");
      return c;
    }
    return test();
  }

  Condition test() {
    if (++tests_ > 2000) fail("a condition has at most 2000 tests");
    const std::string w = word();
    if (w.empty()) fail("a condition is missing");
    if (w == "op" || w == "kind") return op(needed_word("op"));
    if (w == "name") return named(needed_word("name"));
    if (w == "module") return module(needed_word("module"));
    if (w == "nan") return nan_born();
    if (w == "inf") return infinity_born();
    if (w == "nonfinite") return nonfinite();
    if (w == "forward" || w == "backward") return phase_is(w == "forward" ? Phase::forward : Phase::backward, w);
    if (w == "end") return end_of_forward();
    if (w == "shape") return shape(lengths());
    if (w.starts_with("gnorm")) return compared(w.substr(5), "gnorm", gradient_norm_above, gradient_norm_below);
    if (w.starts_with("ratio")) return compared(w.substr(5), "ratio", norm_ratio_above, norm_ratio_below);
    return place_or_name(w);
  }

  static Condition phase_is(Phase phase, const std::string& text) {
    return when([phase](const Moment& m) { return m.phase() == phase; }, text);
  }

  /// "> 3", with or without blanks.
  Condition compared(std::string sign, const char* what, Condition (*above)(double), Condition (*below)(double)) {
    if (sign.empty()) sign = word();
    const bool is_above = sign.starts_with('>');
    if (!is_above && !sign.starts_with('<')) fail(fmt::format("{} needs > or < and a number behind it", what));
    sign.erase(0, 1);
    const double bound = parse_number(sign.empty() ? word() : sign, what);
    return is_above ? above(bound) : below(bound);
  }

  Ints lengths() {
    if (!take("(")) fail("shape needs lengths in parentheses: shape (8, *)");
    Ints result;
    while (!take(")")) {
      skip_blanks();
      const std::size_t from = at_;
      while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != ')') ++at_;
      const std::string length = trimmed(std::string_view(text_).substr(from, at_ - from));
      result.push_back(length == "*" ? -1 : static_cast<std::ptrdiff_t>(parse_count(length, "shape")));
      if (at_ == text_.size()) fail("shape: a ) is missing");
      take(",");
    }
    return result;
  }

  Condition place_or_name(const std::string& w) {
    const auto colon = w.rfind(':');
    if (colon != std::string::npos && colon > 0) {
      const std::string file = w.substr(0, colon);
      return at_line(file, static_cast<int>(parse_count(w.substr(colon + 1), "a line", INT_MAX)));
    }
    const Run& run = context_.run();
    if (w[0] == 'F' || w[0] == 'B' || w[0] == '#')
      if (w.size() > 1 && w.find_first_not_of("0123456789", 1) == std::string::npos) return event(w);
    std::vector<std::string> known = {"op",  "name",    "module",   "nan",   "inf",   "nonfinite",
                                      "end", "forward", "backward", "shape", "gnorm", "ratio"};
    for (std::size_t i = run.size(); i-- > 0;)
      if (run.entry(i).name() == w) return named(w);
    for (std::size_t i = 0; i < run.size(); ++i) {
      if (run.entry(i).op() == w) return op(w);
      known.push_back(run.entry(i).op());
      known.push_back(run.entry(i).name());
    }
    const std::string like = nearest(w, known);
    fail(fmt::format("{} is no condition, and no name or op of this tape{}", w, like.empty() ? "" : "; did you mean " + like + "?"));
  }

  Condition event(const std::string& w) {
    const std::size_t i = parse_count(w.substr(1), "an event");
    if (i >= context_.run().size()) fail(fmt::format("there is no entry {}", i));
    const auto is_it = [id = context_.run().node(i)->id](const Moment& m) { return m.entry().output().node()->id == id; };
    const Condition here = when(is_it, w);
    return w[0] == '#' ? here : here && phase_is(w[0] == 'F' ? Phase::forward : Phase::backward, w);
  }

  const CommandContext& context_;
  std::string text_;
  std::size_t at_ = 0;
  int depth_ = 0, tests_ = 0;
};

}  // namespace

Condition parse_condition(const CommandContext& context, const std::string& text) { return ConditionParser(context, text).run(); }

}  // namespace reel::debug
