// A small program to debug: one parameter, one loss, one backward(). `save FILE` saves the tape; `bad` takes the logarithm of a negative
// number; `repl` asks for the prompt itself.
#include <string>

#include <reel/reel.hpp>

using namespace reel;

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "", file = count > 2 ? arguments[2] : "";
  const bool is_bad = count > 3 || what == "bad";
  try {
    Parameter w("w", tensor({2.0, is_bad ? -3.0 : 3.0}, {.dtype = float64}));
    for (int step = 0; step < 2; ++step) {
      const Tensor loss = sum(log(w)).named("loss");
      if (what == "save") return debug::write_tape(loss, file), 0;
      if (what == "repl") return debug::repl(loss, {.script = file});
      w.clear_grad();
      loss.backward();
    }
    fmt::print("gradient {}\n", w.grad());
  } catch (const Error& e) {
    fmt::print("error: {}\n", e.what());
    return 3;
  }
}
