// Writes pages for the tests in a browser: page_cases CASE FILE.
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>
#include <reel/reel.hpp>

using namespace reel;

namespace {

Tensor small() {
  const Tensor x = variable(tensor({2.0, 3.0}, {.dtype = float64})).named("x");
  const Tensor y = (square(x) + 1.0).named("y");
  const Tensor z = log(y).named("z");
  return sum(z).named("loss");
}

/// A NaN behind a mask, dead units, and a line that would end a script: </script><b>&amp;
Tensor faults() {
  const Tensor r = variable(tensor({4.0, 0.0, -1.0, 2.0}, {.dtype = float64})).named("r");
  const Tensor masked = where(r > 0.0, sqrt(r), 0.0).named("masked </script><script>alert(1)</script>");
  const Tensor dead = relu(reshape(r, {2, 2}) - 100.0).named("dead");
  return (sum(masked) + sum(dead) + sum(r * 5.0 - r * 4.99999)).named("loss");
}

/// One block of a transformer: attention over `heads` heads, then two layers, each added to what it got.
struct Block : nn::Module {
  Parameter norm1, norm2;
  nn::Linear q, k, v, out, up, down;
  std::size_t heads;

  Block(std::size_t width, std::size_t heads_)
      : norm1(ones({width})),
        norm2(ones({width})),
        q(width, width),
        k(width, width),
        v(width, width),
        out(width, width),
        up(width, 4 * width),
        down(4 * width, width),
        heads(heads_) {}
  REEL_MEMBERS(norm1, norm2, q, k, v, out, up, down)

  Tensor split(const Tensor& x) const {
    const std::size_t batch = x.shape()[0], length = x.shape()[1], width = x.shape()[2];
    return transpose(reshape(x, {batch, length, heads, width / heads}), 1, 2);
  }

  Tensor forward(const Tensor& x) override {
    const Tensor h = layer_norm(x, norm1);
    const Tensor queries = split(q(h)), keys = split(k(h)), values = split(v(h));
    const Tensor scores = matmul(queries, transpose(keys, 2, 3)) * (1 / std::sqrt(static_cast<double>(queries.shape()[3])));
    const Tensor mixed = matmul(softmax(scores, -1), values);
    const Tensor attended = x + out(reshape(transpose(mixed, 1, 2), Shape(x.shape())));
    return attended + down(relu(up(layer_norm(attended, norm2))));
  }
};

Tensor transformer() {
  manual_seed(3);
  static nn::Sequential network{Block(64, 4), Block(64, 4), nn::Linear(64, 10)};
  const Tensor x = random::normal({8, 32, 64}).named("tokens");
  return mean(square(network(x))).named("loss");
}

Tensor mlp() {
  manual_seed(5);
  static nn::Sequential network{nn::Linear(8, 10), nn::Linear(10, 8), nn::Linear(8, 1)};
  Tensor h = random::normal({12, 8}).named("x");
  h = relu(network[0](h));
  h = tanh(network[1](h));
  return mean(square(network[2](h) - 1.0)).named("loss");
}

Tensor deep() {
  Tensor h = variable(ones({3}, {.dtype = float64})).named("x");
  for (int i = 0; i < 1500; ++i) h = i % 3 == 0 ? tanh(h) : h * 1.01;
  return sum(h).named("loss");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const std::string_view which = arguments[1];
  const Tensor loss = which == "small"    ? small()
                      : which == "faults" ? faults()
                      : which == "mlp"    ? mlp()
                      : which == "deep"   ? deep()
                                          : transformer();
  debug::write_html(loss, arguments[2]);
}
