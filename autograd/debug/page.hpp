#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include <reel/autograd/parameter.hpp>
#include <reel/core/mistake.hpp>

namespace reel::debug {

class Stepper;

struct PageOptions {
  /// Above the page; else the result's name.
  std::string title = {};
  /// The most bytes that the file may have. Where the numbers do not fit, larger tensors become smaller thumbnails with statistics, and
  /// fewer elements are explained; the page says so.
  std::size_t budget = 3'000'000;
  /// d(something)/d(result), of its shape and dtype; 1 where the result is a scalar.
  Tensor seed = {};
  /// Those that the result should reach; usually model.parameters().
  std::vector<ParameterRef> parameters = {};
};

/// Writes the tape of a result and its backward pass as one HTML file that needs no server and no network: the graph, the source lines,
/// the values, gradients and rules, and a cursor that steps through both passes (arrow keys, or a link: FILE#B2). The source files' text
/// around the recorded lines is put in where it can be read now. Costs some backward passes.
///
/// Errors: as for Stepper; IoError for a file that cannot be written; Error when even the bare list of ops is beyond the budget.
void write_html(const Tensor& result, const std::string& file, const PageOptions& options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(PageOptions, void write_html(const Tensor&, const std::string&, ...));
/// The run of a stepper with the backward pass that its cursor is in, by itself, and the cursor where the stepper's is. In the forward
/// pass: with the first backward pass.
void write_html(const Stepper& stepper, const std::string& file, const PageOptions& options = {});
REEL_NO_SUCH_OPTION(PageOptions, void write_html(const Stepper&, const std::string&, ...));

}  // namespace reel::debug
