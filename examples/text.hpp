// Shared by the two models of characters (20_char_rnn, 21_char_gpt): a text as numbers, their options, the learning rate and sampling.
#pragma once
#include <reel/core/io/file.hpp>
#include <reel/reel.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <string>
#include <vector>

namespace text {

using reel::Tensor;

/// A text whose symbols are numbered from 0; its last tenth is held out.
struct Text {
  std::string symbols;  // number i is symbols[i]
  Tensor train, validation;

  explicit Text(const std::string& path) {
    const std::string all = reel::io::read_file(path);
    if (all.size() < 10000) throw reel::Error(fmt::format("{} has {} characters; it takes 10000 or more", path, all.size()));
    symbols = all;
    std::sort(symbols.begin(), symbols.end());
    symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
    const Tensor numbers = encode(all);
    const auto cut = static_cast<std::ptrdiff_t>(all.size() / 10 * 9);
    train = numbers[{{0, cut}}];
    validation = numbers[{{cut, {}}}];
  }

  Tensor encode(const std::string& characters) const {
    std::vector<std::int64_t> numbers;
    for (const char c : characters) {
      const std::size_t i = symbols.find(c);
      if (i == std::string::npos) throw reel::Error(fmt::format("the text has no character \"{}\"", c));
      numbers.push_back(static_cast<std::int64_t>(i));
    }
    return Tensor(reel::Array::of<std::int64_t>({numbers.size()}, numbers));
  }
  char decode(std::int64_t number) const { return symbols[static_cast<std::size_t>(number)]; }
};

/// A loss is in nats, that is, of natural logarithms; with logarithms of base 2 it counts bits: what a compressor that uses the model's
/// predictions would write for each character. Guessing among 83 symbols takes 6.4, by their frequencies 4.5, by those after the one
/// before 3.7.
inline double bits(double nats) { return nats / std::numbers::ln2; }

/// Draws the next symbol from the probabilities softmax(logits / temperature). The largest of logits / temperature + noise is such a draw
/// if the noise is Gumbel's, -log(-log(u)) for even u. A temperature of 1 takes the model at its word, a lower one prefers what it holds
/// likely.
inline std::int64_t sample(const Tensor& logits, double temperature) {
  const Tensor noise = -reel::log(-reel::log(reel::random::uniform(logits.shape())));
  return reel::argmax(logits / temperature + noise).item<std::int64_t>();
}

struct Options {
  std::string text = {};
  std::string cell = "lstm";
  double minutes = 0;      // 0: not limited
  std::int64_t steps = 0;  // 0: not limited
  std::int64_t stop = 0;   // 0: not before the end
  std::int64_t plan = 0;   // steps where neither is given, in at most ten minutes
  std::int64_t report = 200;
  std::int64_t seed = 0, threads = 0;
  std::int64_t width = 0, layers = 0, length = 400;
  double temperature = 0.7, below = 0;
  std::string save = {}, resume = {};
  std::string prompt = "\n\nLOVE, n.  ";
};

inline double number(const std::string& option, const std::string& text) {
  std::size_t used = 0;
  double value = -1;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {}
  if (used != text.size() || !(value >= 0) || value > 1e15) throw reel::Error(fmt::format("{} needs a number, not \"{}\"", option, text));
  return value;
}

inline std::int64_t whole_number(const std::string& option, const std::string& text) {
  const double value = number(option, text);
  if (value != std::floor(value)) throw reel::Error(fmt::format("{} needs a whole number, not \"{}\"", option, text));
  return static_cast<std::int64_t>(value);
}

/// `options` holds the defaults.
inline Options parse(const std::vector<std::string>& arguments, Options options) {
  const std::map<std::string, std::int64_t*> whole{
      {"--steps", &options.steps},     {"--stop", &options.stop},   {"--report", &options.report}, {"--seed", &options.seed},
      {"--threads", &options.threads}, {"--width", &options.width}, {"--layers", &options.layers}, {"--length", &options.length}};
  const std::map<std::string, double*> numbers{
      {"--minutes", &options.minutes}, {"--temperature", &options.temperature}, {"--below", &options.below}};
  const std::map<std::string, std::string*> texts{
      {"--cell", &options.cell}, {"--save", &options.save}, {"--resume", &options.resume}, {"--prompt", &options.prompt}};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!argument.starts_with("--") && options.text.empty()) {
      options.text = argument;
      continue;
    }
    if (!whole.contains(argument) && !numbers.contains(argument) && !texts.contains(argument))
      throw reel::Error(fmt::format("what is \"{}\"?", argument));
    if (++i == arguments.size()) throw reel::Error(fmt::format("{} needs a value", argument));
    if (whole.contains(argument)) *whole.at(argument) = whole_number(argument, arguments[i]);
    if (numbers.contains(argument)) *numbers.at(argument) = number(argument, arguments[i]);
    if (texts.contains(argument)) *texts.at(argument) = arguments[i];
  }
  if (options.text.empty()) throw reel::Error("there is no text to read");
  if (options.cell != "lstm" && options.cell != "gru") throw reel::Error(fmt::format("--cell needs lstm or gru, not \"{}\"", options.cell));
  for (const auto& [name, value] : whole)
    if (*value == 0 && (name == "--report" || name == "--width" || name == "--layers"))
      throw reel::Error(fmt::format("{} needs 1 or more", name));
  if (options.prompt.empty()) throw reel::Error("--prompt needs a character or more");
  if (options.temperature == 0) throw reel::Error("--temperature needs a number above 0");
  if (options.steps == 0 && options.minutes == 0) options.minutes = 10, options.steps = options.plan;
  return options;
}

/// The budget of a training: steps, minutes, or the one of them that is spent first.
class Budget {
 public:
  explicit Budget(const Options& options) : options_(&options) {}

  double minutes() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count() / 60; }
  /// From 0 at the start to 1 at the end. By steps alone it is the same in every run.
  double progress(std::int64_t step) const {
    const double by_steps = options_->steps > 0 ? static_cast<double>(step) / static_cast<double>(options_->steps) : 0;
    return std::min(1.0, std::max(by_steps, options_->minutes > 0 ? minutes() / options_->minutes : 0));
  }
  bool is_spent(std::int64_t step) const { return progress(step) >= 1 || (options_->stop > 0 && step >= options_->stop); }

 private:
  const Options* options_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The table that a training prints, and whether it came far enough.
class Log {
 public:
  Log(std::int64_t step, double validation_bits) : start_(validation_bits), now_(validation_bits) {
    fmt::print("\nbits a character\n  step  minutes  train  validation\n{:>6}  {:>7.2f}      -  {:>10.3f}\n", step, 0.0, start_);
  }
  void add(double nats) { sum_ += nats, ++count_; }
  /// Prints a line with the mean of the losses added since the last line.
  void line(std::int64_t step, double minutes, double validation_bits) {
    now_ = validation_bits;
    fmt::print("{:>6}  {:>7.2f}  {:>5.3f}  {:>10.3f}\n", step, minutes, bits(sum_ / count_), now_);
    std::fflush(stdout);
    sum_ = count_ = 0;
  }
  /// Whether the last line is below `bar` bits and below the first line; always true if `bar` is 0.
  bool ended_below(double bar) const {
    if (bar == 0 || (now_ < bar && now_ < start_)) return true;
    fmt::print("not below {} and the start's {:.3f} bits a character\n", bar, start_);
    return false;
  }

 private:
  double start_, now_, sum_ = 0, count_ = 0;
};

/// The learning rate: rises to its peak in the first 2 % of the training, then falls to a twentieth of it along a cosine.
inline double learning_rate(double peak, double progress) {
  constexpr double warm_up = 0.02, floor = 0.05;
  if (progress < warm_up) return peak * (progress + 0.001) / (warm_up + 0.001);
  return peak * (floor + (1 - floor) * (1 + std::cos(std::numbers::pi * (progress - warm_up) / (1 - warm_up))) / 2);
}

/// Runs the example; prints errors, followed by the usage.
inline int run(const char* name, const char* usage, int argc, char** argv, const Options& defaults,
               const std::function<bool(const Options&)>& example) {
  try {
    const Options options = parse({argv + 1, argv + argc}, defaults);
    if (options.threads > 0) reel::set_num_threads(static_cast<std::size_t>(options.threads));
    reel::manual_seed(static_cast<std::uint64_t>(options.seed));
    return example(options) ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n\n{}", name, error.what(), usage);
    return 1;
  }
}

}  // namespace text
