#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include <reel/autograd/parameter.hpp>
#include <reel/core/mistake.hpp>

namespace reel::debug {

class Stepper;

struct PageOptions {
  /// The page's title; default: the result's name.
  std::string title = {};
  /// The largest size of the file in bytes, default 3 MB. If the numbers do not fit, larger tensors become smaller thumbnails with
  /// statistics, and fewer elements are explained; the page says so.
  std::size_t budget = 3'000'000;
  /// The gradient of the result to start from, of its shape and dtype; default 1, if the result is a scalar.
  Tensor seed = {};
  /// Parameters that the result should depend on; usually model.parameters().
  std::vector<ParameterRef> parameters = {};
};

/// Writes the tape of a result and its backward pass as one HTML file that needs no server and no network: the graph, the source lines, the
/// values, gradients and rules, and a cursor that steps through both passes (arrow keys, or a link: FILE#B2). The text of the source files
/// around the recorded lines is included if it can be read now. Costs a few backward passes.
///
/// Throws the errors of Stepper; IoError for a file that cannot be written; Error when even the bare list of ops exceeds the budget.
void write_html(const Tensor& result, const std::string& file, const PageOptions& options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(PageOptions, void write_html(const Tensor&, const std::string&, ...));
/// Writes a stepper's run with the one backward pass that its cursor is in, and the page's cursor at the stepper's. If the cursor is in the
/// forward pass, the first backward pass is written.
void write_html(const Stepper& stepper, const std::string& file, const PageOptions& options = {});
REEL_NO_SUCH_OPTION(PageOptions, void write_html(const Stepper&, const std::string&, ...));

}  // namespace reel::debug
