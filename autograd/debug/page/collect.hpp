#pragma once
// Internal; not installed.
#include <reel/autograd/debug/detail/state.hpp>
#include <reel/autograd/debug/page.hpp>
#include <reel/autograd/debug/page/data.hpp>

namespace reel::debug {

/// Goes through both passes once and notes what the page tells.
PageData collect(const Stepper& stepper, const PageOptions& options);

}  // namespace reel::debug
