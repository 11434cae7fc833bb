#pragma once
#include <cstddef>
#include <string>

#include <reel/autograd/tensor.hpp>
#include <reel/core/mistake.hpp>

namespace reel::debug {

struct ReplOptions {
  /// d(something)/d(result), of its shape and dtype; 1 where the result is a scalar.
  Tensor seed = {};
  /// A file of commands to run instead of reading them from the standard input.
  std::string script = {};
  /// Print each command before its answer, so that what is printed can be read by itself.
  bool echo = false;
  /// A line of JSON an answer, for programs.
  bool json = false;
};

/// Steps through a result's tape at a prompt, forward and back in both passes: `help` lists the commands. Reads the standard input, with
/// history and completion where that is a terminal; returns at its end or at `quit`. The program's own values and gradients are left
/// alone. Returns 1 if an `assert` failed or a script has a command that cannot be run, else 0. Throws as a Stepper does, and IoError
/// for a script that cannot be read.
int repl(const Tensor& result, const ReplOptions& options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(ReplOptions, int repl(const Tensor&, ...));

struct WriteTapeOptions {
  Tensor seed = {};
  /// How many bytes of arrays are kept. Beyond it the largest are left out but for their shapes and statistics.
  std::size_t budget = std::size_t{64} << 20;
};

/// Saves a result's tape, and one backward pass over it, for the program `reel-step`: what each entry is and where it was recorded, its
/// value, its gradient and who contributed to it, and what alerts() finds. A safetensors file; an old one stays until the new one is
/// whole. Throws as a Stepper does, and IoError.
void write_tape(const Tensor& result, const std::string& path, const WriteTapeOptions& options = {},
                SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(WriteTapeOptions, void write_tape(const Tensor&, const std::string&, ...));

}  // namespace reel::debug
