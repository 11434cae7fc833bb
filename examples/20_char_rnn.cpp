// A recurrent network learns to write, one character after the other (Graves, Generating Sequences with Recurrent Neural Networks, 2013).
// It reads the text as a few long streams side by side. Its states go on from one piece of a stream to the next, the gradient does not:
// truncated backpropagation through time.
#include "text.hpp"

using namespace reel;

constexpr const char* usage =
    "usage: 20_char_rnn TEXT [options]\n"
    "  TEXT             what to learn (examples/data/devils_dictionary.txt)\n"
    "  --cell lstm|gru  (lstm)\n"
    "  --minutes M, --steps N   how long to learn (4500 steps in at most 10 minutes); the learning rate\n"
    "                   falls to the end of it\n"
    "  --width N, --layers N    of the network (256, 1)\n"
    "  --seed N, --threads N\n"
    "  --report N       steps between two looks at the held-out text (200)\n"
    "  --save FILE      write a checkpoint there with each report\n"
    "  --stop N         end after step N, as if interrupted\n"
    "  --resume FILE    go on from a checkpoint; with --steps and the same options, to the same bits as without the interruption\n"
    "  --temperature T, --length N   of the sample at the end (0.7, 400)\n"
    "  --prompt TEXT    what the sample goes on from (an empty line and \"LOVE, n.  \")\n"
    "  --below BITS     fail unless the held-out text ends below so many bits a character, and below where it began\n";

constexpr std::size_t streams = 32;        // pieces of the text that are read side by side
constexpr std::ptrdiff_t steps_back = 64;  // how far a gradient goes back

/// The network's states between two pieces of a stream; a GRU has no c.
struct Memory {
  Tensor h, c;
};

struct CharRnn : nn::Module {
  nn::Embedding embedding;
  std::optional<nn::LSTM> lstm;
  std::optional<nn::GRU> gru;
  nn::Dropout dropout{0.3};
  nn::Linear head;
  REEL_MEMBERS(embedding, lstm, gru, dropout, head)

  CharRnn(std::size_t symbols, const text::Options& options) : embedding(symbols, 64), head(options.width, symbols) {
    const nn::RecurrentOptions recurrent{.num_layers = static_cast<std::size_t>(options.layers), .dropout = 0.3};
    if (options.cell == "lstm") lstm.emplace(64, options.width, recurrent);
    if (options.cell == "gru") gru.emplace(64, options.width, recurrent);
  }

  /// Symbols (T, N) to the logits of the next symbol after each, (T·N, symbols); updates the memory.
  Tensor operator()(const Tensor& symbols, Memory& memory) {
    const Tensor x = embedding(symbols);
    Tensor y;
    if (lstm) {
      const LstmResult result = (*lstm)(x, {.h = memory.h, .c = memory.c});
      y = result.output, memory = {result.h, result.c};
    } else {
      const RnnResult result = (*gru)(x, {.h = memory.h});
      y = result.output, memory = {result.h, {}};
    }
    // The next piece goes on from these numbers, but its gradient ends here.
    memory = {memory.h.detach(), memory.c.defined() ? memory.c.detach() : memory.c};
    return flatten(head(dropout(y)), 0, 1);
  }
};

/// A text as streams side by side, (length, N): column n is its own part of the text.
struct Streams {
  Tensor inputs, targets;

  Streams(const Tensor& numbers, std::size_t n) {
    const std::size_t length = (numbers.size() - 1) / n;
    const auto used = static_cast<std::ptrdiff_t>(n * length);
    inputs = transpose(reshape(numbers[{{0, used}}], {n, length}));
    targets = transpose(reshape(numbers[{{1, used + 1}}], {n, length}));
  }
  std::ptrdiff_t length() const { return static_cast<std::ptrdiff_t>(inputs.shape()[0]); }

  /// The mean loss of the piece [from, to), in nats.
  Tensor loss(CharRnn& model, Memory& memory, std::ptrdiff_t from, std::ptrdiff_t to) const {
    return nn::cross_entropy(model(inputs[{{from, to}}], memory), flatten(targets[{{from, to}}]));
  }
};

double validation_bits(CharRnn& model, const Streams& text) {
  const NoGrad no_grad;
  model.eval();
  Memory memory;
  double sum = 0;
  for (std::ptrdiff_t from = 0; from < text.length(); from += 100) {
    const std::ptrdiff_t to = std::min(from + 100, text.length());
    sum += text.loss(model, memory, from, to).item<double>() * static_cast<double>(to - from);
  }
  model.train();
  return text::bits(sum / static_cast<double>(text.length()));
}

std::string write(CharRnn& model, const text::Text& text, const text::Options& options) {
  const NoGrad no_grad;
  model.eval();
  Memory memory;
  std::string written = options.prompt;
  Tensor logits = model(unsqueeze(text.encode(written), 1), memory).row(-1);
  for (std::int64_t i = 0; i < options.length; ++i) {
    const std::int64_t symbol = text::sample(logits, options.temperature);
    written += text.decode(symbol);
    logits = model(full({1, 1}, static_cast<double>(symbol), {.dtype = int64}), memory).row(-1);
  }
  return written;
}

/// The progress of the training, apart from model, optimizer and random generator.
struct Place {
  std::int64_t step = 0;
  std::ptrdiff_t position = 0;  // in the streams
  Memory memory;

  State state() const {
    State all{{"step", full({}, static_cast<double>(step), {.dtype = int64})},
              {"position", full({}, static_cast<double>(position), {.dtype = int64})}};
    if (memory.h.defined()) all["h"] = memory.h;
    if (memory.c.defined()) all["c"] = memory.c;
    return all;
  }
  explicit Place(const State& all = {}) {
    const auto entry = [&](const char* name) { return all.contains(name) ? all.at(name) : Tensor(); };
    if (!all.empty()) step = entry("step").item<std::int64_t>(), position = entry("position").item<std::ptrdiff_t>();
    memory = {entry("h"), entry("c")};
  }
};

/// One step of the optimizer on the piece of the streams at `place`, which is advanced. Returns the loss.
double step(CharRnn& model, optim::Adam& adam, const Streams& train, Place& place, double rate) {
  if (place.position == train.length()) place.position = 0, place.memory = {};
  const std::ptrdiff_t to = std::min(place.position + steps_back, train.length());
  adam.zero_grad();
  const Tensor loss = train.loss(model, place.memory, place.position, to);
  loss.backward();
  optim::clip_grad_norm(model.parameters(), 1.0);  // the gradient through many steps can explode
  adam.set_lr(rate);
  adam.step();
  place.position = to, ++place.step;
  return loss.item<double>();
}

bool learn(const text::Options& options) {
  const text::Text text(options.text);
  text.encode(options.prompt);  // throws now, and not after the training, if the text does not have its characters
  const Streams train(text.train, streams), validation(text.validation, streams);
  CharRnn model(text.symbols.size(), options);
  Memory unused;
  fmt::print("{}\n\n", model.summary([&] { model(train.inputs[{{0, 1}}], unused); }));
  fmt::print("{} characters to learn from, {} held out; {} symbols\n", text.train.size(), text.validation.size(), text.symbols.size());

  optim::Adam adam(model.parameters());
  Place place;
  if (!options.resume.empty()) {
    State extra;
    optim::load_checkpoint(options.resume, {.model = &model, .optimizer = &adam, .extra = &extra});
    place = Place(extra);
  }
  text::Log log(place.step, validation_bits(model, validation));
  const text::Budget budget(options);
  for (bool over = budget.is_spent(place.step); !over;) {
    log.add(step(model, adam, train, place, text::learning_rate(4e-3, budget.progress(place.step))));
    over = budget.is_spent(place.step);
    if (place.step % options.report != 0 && !over) continue;
    log.line(place.step, budget.minutes(), validation_bits(model, validation));
    State extra = place.state();
    if (!options.save.empty()) optim::save_checkpoint(options.save, {.model = &model, .optimizer = &adam, .extra = &extra});
  }
  fmt::print("\nA sample at temperature {}:\n{}\n", options.temperature, write(model, text, options));
  return log.ended_below(options.below);
}

int main(int argc, char** argv) { return text::run("20_char_rnn", usage, argc, argv, {.plan = 4500, .width = 256, .layers = 1}, learn); }
