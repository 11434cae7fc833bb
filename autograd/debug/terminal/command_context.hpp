#pragma once
// What commands work on.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <reel/autograd/debug/terminal/playback.hpp>
#include <reel/core/kernels/slicing.hpp>

namespace reel::debug {

struct Breakpoint {
  std::size_t number;
  std::string text;
  Condition condition;
  bool once = false;
  std::size_t hits = 0;
};

/// The state of a session.
struct CommandContext {
  CommandContext(Playback playback_, bool colour_) : playback(std::move(playback_)), colour(colour_), selected(playback.stepper.number()) {}

  Stepper& stepper() { return playback.stepper; }
  const Stepper& stepper() const { return playback.stepper; }
  const Run& run() const { return playback.run(); }
  /// Throws Error, naming the command, if ops cannot be run again (a saved tape).
  void need_program(const char* command) const;
  /// To be called after the cursor has moved.
  void arrive() { selected = playback.stepper.number(); }
  const std::vector<std::string>& alerts();

  Playback playback;
  std::optional<Stepper> original;  // before the first replay
  bool colour = false;
  std::size_t selected;  // the entry that commands without a name are about
  std::vector<Breakpoint> breakpoints;
  std::size_t next_breakpoint = 1;
  std::map<std::size_t, Array> changes;  // by entry: what replay will use
  bool tutor = false, finished = false, detached = false, failed = false;
  std::optional<std::vector<std::string>> known_alerts;
};

/// A command's answer: text for people, and JSON for programs (may be empty).
struct Answer {
  std::string text, data = {};
};

/// A value or a gradient, or a part of one: "y", "#3", "W1.grad[0, :]", "in0" (an input of the selected entry), "" (that entry itself).
struct Reference {
  std::size_t entry = 0;
  bool is_gradient = false;
  std::optional<Slices> slices;

  /// The index that the slices stand for; empty without slices. Throws Error if they select more than one element.
  Ints index() const;
};

/// Throws Error for a name that the tape does not have, suggesting the nearest, and for slices that cannot be read.
Reference parse_reference(const CommandContext& context, const std::string& text);
/// Parses slices in Python's notation: "[0, 1:3, ...]".
Slices parse_slices(const std::string& text);
/// Parses a condition: "op log && nan || train.cpp:54"; see `help break`.
Condition parse_condition(const CommandContext& context, const std::string& text);

/// The array at the cursor. Throws Error if it is not there yet, or not in the file.
Array numbers_of(CommandContext& context, const Reference& reference);
/// "dL/dy[0, :]"
std::string label_of(const CommandContext& context, const Reference& reference);
/// An array in one line: all numbers if they are few, else shape and statistics.
std::string brief(const Array& array);
/// An array as JSON: shape, dtype and, up to a thousand, the numbers.
std::string json_of(const Array& array);
/// The event at the cursor, in one or two lines.
std::string event_text(CommandContext& context);
/// The event at the cursor as one plain sentence, for `tutor on`.
std::string tutor_text(CommandContext& context);
/// The cursor as JSON.
std::string json_of_cursor(CommandContext& context);

/// An array as coloured blocks, or as signs and digits.
std::string heat_map(const Array& array, bool colour);
/// The lines around a place, with a mark at it. Throws Error when the file cannot be read.
std::string source_around(SourceLocation at, int lines);
/// The tape as a graph for `dot`, and as JSON.
std::string to_dot(CommandContext& context);
std::string to_json(CommandContext& context);

}  // namespace reel::debug
