#include <reel/autograd/debug/environment.hpp>

#include <reel/autograd/debug/live.hpp>

namespace reel::debug {

Mode::~Mode() = default;

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

}  // namespace

std::unique_ptr<Mode> make_nan_mode() { return std::make_unique<NanMode>(); }

std::unique_ptr<Mode> make_mode(const std::string& text) {
  if (text == "nan") return make_nan_mode();
  if (text.starts_with("html=") && text.size() > 5) return make_html_mode(text.substr(5));

  if (text == "step") return make_step_mode();
  return nullptr;
}

}  // namespace reel::debug
