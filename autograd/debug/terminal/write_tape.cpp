#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <reel/autograd/debug/alerts.hpp>
#include <reel/autograd/debug/terminal/playback.hpp>
#include <reel/core/io/safetensors.hpp>
#include <reel/core/kernels/elementwise.hpp>

// The file's tensors: v3 is the value of entry 3; k3.1 is its input 1 if that is a scalar constant; c3.1 is its rule's gradient for input
// 1; g3 is its gradient if that is not the sum of its contributions; seed is where the backward pass began. The metadata's "tape" is JSON.

namespace reel::debug {

namespace {

using nlohmann::json;

std::vector<std::size_t> lengths_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

class Writer {
 public:
  Writer(Stepper::State& state, std::size_t budget)
      : run_(state.run), reversal_(state.reversals[0]), budget_(budget), sums_(run_.size()), kept_(run_.size(), false) {}

  /// Throws IoError for a tape whose bare list of ops is too long, before anything else is computed.
  void check_length(const std::string& path) const {
    std::size_t text = 0;
    for (std::size_t i = 0; i < run_.size() && text <= most_text; ++i) {
      const reel::detail::Node* const node = run_.node(i);
      constexpr std::size_t keys = 90;  // of a line's braces, keys and quotes
      text += keys + std::strlen(node->op) + std::strlen(node->rule_text);
    }
    if (text > most_text) fail_of_length(path);
  }

  void run() {
    choose();
    sums_.back() = reversal_.seed();
    file_.tensors["seed"] = reversal_.seed().value();
    std::vector<json> entries(run_.size());
    for (std::size_t i = run_.size(); i-- > 0;) entries[i] = line(i);
    tape_["entries"] = std::move(entries);
  }

  void add_alerts(const std::vector<Finding>& findings) {
    tape_["alerts"] = json::array();
    for (const Finding& f : findings) tape_["alerts"].push_back(f.message());
  }

  void save(const std::string& path) {
    file_.metadata["format"] = "reel-tape";
    file_.metadata["version"] = "1";
    std::string& text = file_.metadata["tape"] = tape_.dump(-1, ' ', false, json::error_handler_t::replace);
    if (text.size() > most_text) fail_of_length(path);
    io::write_safetensors(path, file_.tensors, file_.metadata, {});
  }

 private:
  static constexpr std::size_t most_text = 50'000'000;  // a reader takes 100 MB of header, in which quotes are doubled

  [[noreturn]] void fail_of_length(const std::string& path) const {
    throw IoError(fmt::format("{}: a tape of {} entries is too long for a file", path, run_.size()));
  }

  /// The smallest arrays first: they are many, and cost little.
  void choose() {
    std::vector<std::pair<std::size_t, std::size_t>> sizes;
    for (std::size_t i = 0; i + 1 < run_.size(); ++i) sizes.emplace_back(run_.value(i).bytes() * (2 + run_.users(i).size()), i);
    std::sort(sizes.begin(), sizes.end());
    std::size_t sum = 0;
    for (const auto& [bytes, i] : sizes) kept_[i] = (sum += bytes) <= budget_;
    kept_.back() = true;  // the result
  }

  json line(std::size_t i) {
    const Entry e = run_.entry(i);
    json line = {{"op", e.op()},         {"rule", e.rule()},          {"attributes", e.attributes()}, {"name", e.name()},
                 {"module", e.module()}, {"file", e.location().file}, {"line", e.location().line},    {"tracked", run_.is_tracked(i)}};
    const Tensor gradient = reversal_.gradient(i);
    if (kept_[i]) {
      file_.tensors[fmt::format("v{}", i)] = run_.value(i);
      if (gradient.defined() && !(sums_[i].defined() && identical(sums_[i].value(), gradient.value())))
        file_.tensors[fmt::format("g{}", i)] = gradient.value();
    } else {
      line["left_out"] = {{"shape", lengths_of(run_.value(i).shape())},
                          {"dtype", name_of(run_.value(i).dtype())},
                          {"value", to_string(statistics(run_.value(i)))},
                          {"gradient", gradient.defined() ? to_string(statistics(gradient.value())) : ""}};
    }
    sums_[i] = none;
    if (run_.is_op(i)) inputs(i, line);
    return line;
  }

  void inputs(std::size_t i, json& line) {
    line["inputs"] = json::array();
    line["gives"] = json::array();
    const std::vector<Tensor>& parts = reversal_.contributions(i);
    for (std::size_t k = 0; k < run_.inputs(i); ++k) {
      const std::size_t from = run_.input(i, k);
      if (from == npos) {
        line["inputs"].push_back(nullptr);
        file_.tensors[fmt::format("k{}.{}", i, k)] = run_.node(i)->inputs[k].value();
        continue;
      }
      line["inputs"].push_back(from);
      if (k >= parts.size() || !parts[k].defined()) continue;
      line["gives"].push_back(k);
      if (!kept_[from]) continue;
      file_.tensors[fmt::format("c{}.{}", i, k)] = parts[k].value();
      sums_[from] = sums_[from].defined() ? Tensor(kernels::add(sums_[from].value(), parts[k].value())) : parts[k];
    }
  }

  const Run& run_;
  BackwardReplay& reversal_;
  std::size_t budget_;
  std::vector<Tensor> sums_;  // of the contributions so far
  std::vector<bool> kept_;
  io::Safetensors file_;
  json tape_;
};

}  // namespace

void write_tape(const Tensor& result, const std::string& path, const WriteTapeOptions& options, SourceLocation at) {
  const Stepper stepper(result, {.seed = options.seed}, at);
  Writer writer(stepper.state(), options.budget);
  writer.check_length(path);
  writer.run();
  writer.add_alerts(alerts(result, {.seed = options.seed}, at));
  writer.save(path);
}

}  // namespace reel::debug
