#include <reel/autograd/debug/detail/environment.hpp>

#include <cstdlib>

#include <fmt/format.h>
#include <reel/autograd/debug/live.hpp>
#include <reel/autograd/detail/warning.hpp>

namespace reel::debug {

namespace {

class NanMode final : public Mode {
 public:
  void event(const Moment& moment) override {
    if (!born_(moment)) return;
    const Hit hit{moment, describe(moment), "REEL_DEBUG=nan"};
    breakpoint_hit(hit);
    throw Error("REEL_DEBUG=nan: NaN born: " + hit.message);
  }

 private:
  Condition born_ = nan_born();
};

void set_mode() {
  const char* const asked = std::getenv("REEL_DEBUG");
  if (!asked || !*asked) return;
  mode = make_mode(asked).release();
  if (mode) {
    begin_to_watch();
  } else {
    reel::detail::warn(fmt::format("REEL_DEBUG={} is not known; it may be nan, step or html=FILE", asked));
  }
}

}  // namespace

std::unique_ptr<Mode> make_nan_mode() { return std::make_unique<NanMode>(); }

std::unique_ptr<Mode> make_mode(const std::string& text) {
  if (text == "nan") return make_nan_mode();
  if (text.starts_with("html=") && text.size() > 5) return make_html_mode(text.substr(5));
  if (text == "step") return make_step_mode();
  return nullptr;
}

}  // namespace reel::debug

/// The symbol that the CMake target reel::debug makes the linker include: a program that has it reads REEL_DEBUG.
extern "C" {
extern const bool reel_debug_environment;
const bool reel_debug_environment = (reel::debug::set_mode(), true);
}
