#pragma once
#include <reel/autograd/debug/detail/state.hpp>
#include <reel/autograd/debug/page.hpp>
#include <reel/autograd/debug/page/data.hpp>

namespace reel::debug {

/// Goes through both passes once and collects the page's content.
PageData collect(const Stepper& stepper, const PageOptions& options);

}  // namespace reel::debug
