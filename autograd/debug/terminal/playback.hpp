#pragma once
// Internal; not installed. What is stepped through: the tape of a program that is there, or one that was saved.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autograd/debug/detail/state.hpp>
#include <reel/autograd/debug/terminal.hpp>

namespace reel::debug {

/// What a file says of a tape. Entries made from it have rules that give the contributions that were saved, so that a Stepper goes over
/// them as over a program's own; what would have to run an op again is refused. They refer to these texts.
struct SavedTape {
  /// An array that the file does not have.
  struct LeftOut {
    Shape shape;
    std::string value, gradient;  ///< statistics
  };
  struct Line {
    std::string op, rule, attributes, module, file;
    std::vector<Tensor> contributions;  ///< one an input
    std::optional<LeftOut> left_out;
  };

  std::vector<Line> lines;
  std::vector<std::string> alerts;
};

struct Playback {
  explicit Playback(Stepper stepper_) : stepper(std::move(stepper_)) {}
  Playback(std::shared_ptr<const SavedTape> saved_, Stepper stepper_) : saved(std::move(saved_)), stepper(std::move(stepper_)) {}

  /// Whether ops can be run again.
  bool is_live() const { return saved == nullptr; }
  const SavedTape::LeftOut* left_out(std::size_t entry) const {
    return saved && saved->lines[entry].left_out ? &*saved->lines[entry].left_out : nullptr;
  }
  const Run& run() const { return stepper.state().run; }

  std::shared_ptr<const SavedTape> saved;  // null for a program that is there
  Stepper stepper;
};

/// Reads what write_tape() wrote. Throws IoError naming the file and what is wrong with it.
Playback read_tape(const std::string& path);
/// The same for bytes that are in memory; `name` stands for the file's in messages.
Playback parse_tape(std::string_view bytes, const std::string& name);

}  // namespace reel::debug
