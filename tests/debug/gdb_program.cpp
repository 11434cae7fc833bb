// The program that gdb.sh looks into: compiled with debug information, against a library without.
#include <cstdint>
#include <cstdio>

#include <reel/reel.hpp>

using namespace reel;

namespace {

/// gdb stops here with everything alive.
[[gnu::noinline]] void look(const Tensor& loss) { std::printf("loss %g\n", loss.item<double>()); }

}  // namespace

int main(int argc, char**) {
  Parameter w("w", tensor({{1.0, -2.0}, {0.5, 4.0}, {0.0, 1.0}}));
  const Tensor x = variable(tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}})).named("x");
  const Array big = Array::range(0, 1000).reshape({10, 100});
  const Tensor h = matmul(x, w).named("h");
  const Tensor positive = h > 0.0;
  const Tensor loss = sum(square(h) * 0.5).named("loss");
  const Tape tape(loss);
  Tensor nothing;
  const volatile std::uintptr_t garbage = 0x1111;  // what may lie where a tensor is not constructed yet
  w.set_grad(ones_like(w));
  look(loss);

  debug::Live live;
  live.on(debug::nan_born() && debug::op("log"), [](const debug::Hit& hit) { std::printf("%s\n", hit.message.c_str()); });
  const Tensor y = log(variable(tensor({1.0, -1.0})));
  return argc > 5 || !y.defined() || garbage == 0;
}
