#pragma once
#include <cstddef>
#include <string>

#include <reel/autograd/tensor.hpp>
#include <reel/core/mistake.hpp>

namespace reel::debug {

struct ReplOptions {
  /// The gradient of the result to start from, of its shape and dtype; default 1, if the result is a scalar.
  Tensor seed = {};
  /// Path of a file of commands to run instead of reading them from standard input.
  std::string script = {};
  /// Print each command before its answer, so that the output can be read without the script. Default false.
  bool echo = false;
  /// Print each answer as one line of JSON, for programs. Default false.
  bool json = false;
};

/// Opens a prompt that steps through a result's tape, forward and back in both passes; `help` lists the commands. Reads standard input,
/// with history and completion on a terminal; returns at its end or at `quit`. The program's own values and gradients are not changed.
/// Returns 1 if an `assert` failed or a script has a command that cannot be run, else 0. Throws as a Stepper does, and IoError for a script
/// that cannot be read.
int repl(const Tensor& result, const ReplOptions& options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(ReplOptions, int repl(const Tensor&, ...));

struct WriteTapeOptions {
  Tensor seed = {};
  /// Number of bytes of arrays that are saved, default 64 MiB. Beyond it only shape and statistics of the largest arrays are saved.
  std::size_t budget = std::size_t{64} << 20;
};

/// Saves a result's tape, and one backward pass over it, for the program `reel-step`: what each entry is and where it was recorded, its
/// value, its gradient and the contributions to it, and the findings of alerts(). The file is in safetensors format; an existing file is
/// replaced only when the new one is complete. Throws as a Stepper does, and IoError.
void write_tape(const Tensor& result, const std::string& path, const WriteTapeOptions& options = {},
                SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(WriteTapeOptions, void write_tape(const Tensor&, const std::string&, ...));

}  // namespace reel::debug
