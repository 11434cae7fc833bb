// A small transformer learns to write, one character after the other (Vaswani et al., Attention is all you need, 2017; Radford et al.,
// 2018). Every position of a window looks back at all before it, so that one pass learns from each of them; nothing is carried from one
// window to the next.
#include "text.hpp"

using namespace reel;

constexpr const char* usage =
    "usage: 21_char_gpt TEXT [options]\n"
    "  TEXT             what to learn (examples/data/devils_dictionary.txt)\n"
    "  --minutes M, --steps N   how long to learn (10000 steps in at most 10 minutes); the learning rate\n"
    "                   falls to the end of it\n"
    "  --width N, --layers N    of the network (128, 3); the width is a multiple of 4, for 4 heads\n"
    "  --seed N, --threads N\n"
    "  --report N       steps between two looks at the held-out text (200)\n"
    "  --save FILE      write a checkpoint there with each report\n"
    "  --stop N         end after step N, as if interrupted\n"
    "  --resume FILE    go on from a checkpoint; with --steps and the same options, to the same bits as without the interruption\n"
    "  --temperature T, --length N   of the sample at the end (0.7, 400)\n"
    "  --prompt TEXT    what the sample goes on from (an empty line and \"LOVE, n.  \")\n"
    "  --below BITS     fail unless the held-out text ends below so many bits a character, and below where it began\n";

constexpr std::size_t batch = 16, window = 64;

struct CharGpt : nn::Module {
  nn::Embedding embedding;
  nn::LearnedPositionalEncoding positions;
  nn::TransformerEncoder encoder;
  nn::Linear head;
  REEL_MEMBERS(embedding, positions, encoder, head)

  CharGpt(std::size_t symbols, const text::Options& options)
      : embedding(symbols, options.width),
        positions(window, options.width, {.dropout = 0.1, .batch_first = true}),
        encoder(layers(options), nn::LayerNorm(static_cast<std::size_t>(options.width))),
        head(options.width, symbols) {}

  static std::vector<nn::TransformerEncoderLayer> layers(const text::Options& options) {
    std::vector<nn::TransformerEncoderLayer> list;
    for (std::int64_t i = 0; i < options.layers; ++i)
      list.emplace_back(options.width, 4,
                        nn::TransformerOptions{.dim_feedforward = 4 * options.width,
                                               .dropout = 0.1,
                                               .attention_dropout = 0,
                                               .activation = relu,
                                               .batch_first = true,
                                               .norm_first = true});
    return list;
  }

  /// Symbols (N, T) to the logits of the next symbol after each, (N, T, symbols). `causal` hides the symbols to be predicted.
  Tensor forward(const Tensor& symbols) override { return head(encoder(positions(embedding(symbols)), {.causal = true})); }
};

/// Windows of a text that begin at `starts` (N, 1): symbols (N, T), and the next symbol after each.
struct Windows {
  Tensor inputs, targets;
  Windows(const Tensor& numbers, const Tensor& starts) {
    const Tensor places = starts + arange(0, window);
    inputs = take(numbers, places), targets = take(numbers, places + 1);
  }
};

Windows random_windows(const Tensor& numbers) {
  const auto places = static_cast<double>(numbers.size() - window);
  return {numbers, astype(floor(random::uniform({batch, 1}, {.high = places, .dtype = float64})), int64)};
}

Tensor loss_of(CharGpt& model, const Windows& windows) {
  return nn::cross_entropy(flatten(model(windows.inputs), 0, 1), flatten(windows.targets));
}

/// Windows overlap by a half, and only the second half of each counts: no character is judged with less than half a window before it.
double validation_bits(CharGpt& model, const Tensor& numbers) {
  const NoGrad no_grad;
  model.eval();
  constexpr auto half = static_cast<std::ptrdiff_t>(window / 2);
  const auto count = (static_cast<std::ptrdiff_t>(numbers.size()) - 1) / half - 1;
  double sum = 0;
  for (std::ptrdiff_t first = 0; first < count; first += 64) {
    const Tensor starts = unsqueeze(arange(first, std::min(first + 64, count)), 1) * half;
    const Windows windows(numbers, starts);
    const Tensor logits = model(windows.inputs)[{{}, {half, {}}}];
    sum += nn::cross_entropy(flatten(logits, 0, 1), flatten(windows.targets[{{}, {half, {}}}]), {.reduction = nn::Reduction::sum})
               .item<double>();
  }
  model.train();
  return text::bits(sum / static_cast<double>(count * half));
}

/// Every character is written from the last window of the text so far.
std::string write(CharGpt& model, const text::Text& text, const text::Options& options) {
  const NoGrad no_grad;
  model.eval();
  std::string written = options.prompt;
  for (std::int64_t i = 0; i < options.length; ++i) {
    const std::string seen = written.substr(written.size() > window ? written.size() - window : 0);
    const Tensor logits = model(unsqueeze(text.encode(seen), 0)).row(0).row(-1);
    written += text.decode(text::sample(logits, options.temperature));
  }
  return written;
}

/// One step of the optimizer on random windows. Returns their loss.
double step(CharGpt& model, optim::AdamW& adam, const Tensor& train, double rate) {
  adam.zero_grad();
  const Tensor loss = loss_of(model, random_windows(train));
  loss.backward();
  optim::clip_grad_norm(model.parameters(), 1.0);
  adam.set_lr(rate);
  adam.step();
  return loss.item<double>();
}

bool learn(const text::Options& options) {
  const text::Text text(options.text);
  text.encode(options.prompt);  // throws now, and not after the training, if the text does not have its characters
  CharGpt model(text.symbols.size(), options);
  fmt::print("{}\n\n", model.summary({batch, window}, int64));
  fmt::print("{} characters to learn from, {} held out; {} symbols\n", text.train.size(), text.validation.size(), text.symbols.size());

  optim::AdamW adam(model.parameters(), {.betas = {0.9, 0.99}, .weight_decay = 0.1});
  std::int64_t steps = 0;
  if (!options.resume.empty()) {
    State extra;
    optim::load_checkpoint(options.resume, {.model = &model, .optimizer = &adam, .extra = &extra});
    steps = extra.at("step").item<std::int64_t>();
  }
  text::Log log(steps, validation_bits(model, text.validation));
  const text::Budget budget(options);
  for (bool over = budget.is_spent(steps); !over;) {
    log.add(step(model, adam, text.train, text::learning_rate(3e-3, budget.progress(steps))));
    over = budget.is_spent(++steps);
    if (steps % options.report != 0 && !over) continue;
    log.line(steps, budget.minutes(), validation_bits(model, text.validation));
    State extra{{"step", full({}, static_cast<double>(steps), {.dtype = int64})}};
    if (!options.save.empty()) optim::save_checkpoint(options.save, {.model = &model, .optimizer = &adam, .extra = &extra});
  }
  fmt::print("\nA sample at temperature {}:\n{}\n", options.temperature, write(model, text, options));
  return log.ended_below(options.below);
}

int main(int argc, char** argv) { return text::run("21_char_gpt", usage, argc, argv, {.plan = 10000, .width = 128, .layers = 3}, learn); }
