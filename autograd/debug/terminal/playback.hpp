#pragma once
// What is stepped through: the tape of a running program, or a saved tape.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autograd/debug/detail/state.hpp>
#include <reel/autograd/debug/terminal.hpp>

namespace reel::debug {

/// A saved tape. The entries made from it have rules that return the saved contributions, so that a Stepper steps over them as over a
/// program's own; commands that would have to run an op again throw. The entries refer to these texts.
struct SavedTape {
  /// An array that the file does not have, because of its budget.
  struct LeftOut {
    Shape shape;
    std::string value, gradient;  ///< statistics
  };
  struct Line {
    std::string op, rule, attributes, module, file;
    std::vector<Tensor> contributions;  ///< one per input
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

  std::shared_ptr<const SavedTape> saved;  // null for a running program
  Stepper stepper;
};

/// Reads a file of write_tape(). Throws IoError naming the file and the fault.
Playback read_tape(const std::string& path);
/// The same for bytes in memory; `name` replaces the file's name in messages.
Playback parse_tape(std::string_view bytes, const std::string& name);

}  // namespace reel::debug
