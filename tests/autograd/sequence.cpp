// Normalization, embedding, attention and recurrent layers: numbers of PyTorch 1.13, and what the gradient checks do not see.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

/// 0.7·sin(seed + 1.7·i), which is easily written in other languages too.
Tensor wave(int seed, const Shape& shape) {
  Array values(shape, float64);
  double* const to = values.mutable_data<double>();
  for (std::size_t i = 0; i < values.size(); ++i) to[i] = 0.7 * std::sin(seed + 1.7 * static_cast<double>(i));
  return Tensor(values);
}

/// Weights for 3 features and 2 hidden elements, two layers in both directions.
std::vector<RnnWeights> wave_weights(std::size_t gates) {
  std::vector<RnnWeights> result;
  int seed = 10;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t rows = 2 * gates, features = i < 2 ? 3 : 4;
    const Tensor w_ih = wave(seed, {rows, features}), w_hh = wave(seed + 1, {rows, 2});
    result.push_back({w_ih, w_hh, wave(seed + 2, {rows}), wave(seed + 3, {rows})});
    seed += 4;
  }
  return result;
}

const RnnOptions packed{.bidirectional = true, .lengths = tensor({4, 1, 3})};

bool is_close(const Tensor& a, const Values& b) { return allclose(reshape(a, {-1}), doubles(b), 1e-11, 1e-12); }

Tensor cubes(const Tensor& x) { return sum(x * x * x); }

}  // namespace

TEST_CASE("lstm of several layers, directions and lengths gives PyTorch's numbers") {
  const Tensor x = variable(wave(1, {4, 3, 3}));
  const LstmResult r = lstm(x, {wave(2, {4, 3, 2}), wave(3, {4, 3, 2})}, wave_weights(4), packed);
  CHECK(is_close(slice(r.output, {3, 0}), {0.24960286021902683, -0.40459574970269063, 0.06829712327587376, 0.13354811984929496}));
  CHECK(is_close(slice(r.output, {2, 1}), {0.0, 0.0, 0.0, 0.0}));
  CHECK(is_close(slice(r.h, {{}, 1}), {0.12689618364748997, 0.0754596696653715, -0.5718332036722851, -0.1923539318015208,
                                       0.3067314713776428, -0.22337100293011938, -0.1452305942723293, 0.12183047260307424}));
  CHECK(is_close(slice(r.c, {{}, 2}), {0.5627866863637937, 0.7403770814257428, -0.3096563629103453, -0.024094586591983158,
                                       0.8052886441719032, -0.4500724119806233, -0.08265015985721791, 0.7131572171837727}));
  const Tensor loss = sum(square(r.output)) + cubes(r.h) + cubes(r.c);
  CHECK(number(loss) == Approx(3.6829052846351935).epsilon(1e-12));
  const Tensor dx = gradients(loss, {x})[0];
  CHECK(is_close(dx.row(0), {-0.17914765891092718, -0.2689120017352145, 0.24844332065806934, -0.428489313743717, -0.3939455627005747,
                             0.5300047473559599, -0.07612694739091526, -0.020031132889680614, 0.08128874976559003}));
  CHECK(is_close(dx.row(3), {-0.3139748766967975, -0.14583041334740662, 0.3515537684181055, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0}));
}

TEST_CASE("gru of several layers, directions and lengths gives PyTorch's numbers") {
  const Tensor x = variable(wave(1, {4, 3, 3}));
  const RnnResult r = gru(x, wave(2, {4, 3, 2}), wave_weights(3), packed);
  CHECK(is_close(slice(r.output, {3, 0}), {0.9236070386781432, -0.36155116528915654, -0.043183957227931946, 0.6871336994294173}));
  CHECK(is_close(slice(r.h, {{}, 1}), {-0.013934105467333313, 0.42915012526180873, -0.03386820933172796, -0.6371998871801765,
                                       0.6643999302684254, 0.042038381143270964, -0.37749637235990674, 0.7316074792654845}));
  const Tensor loss = sum(square(r.output)) + cubes(r.h);
  CHECK(number(loss) == Approx(12.104797516178575).epsilon(1e-12));
  const Tensor dx = gradients(loss, {x})[0];
  CHECK(is_close(dx.row(0), {-0.41680362865257636, -0.25981355292150865, 0.4837547203271674, -0.007355897568504133, -0.2156661703721528,
                             0.06293069488500874, -0.011988338760166122, -0.11446324728464803, 0.04148425718379427}));
}

TEST_CASE("rnn_tanh of several layers, directions and lengths gives PyTorch's numbers") {
  const Tensor x = variable(wave(1, {4, 3, 3}));
  const RnnResult r = rnn_tanh(x, wave(2, {4, 3, 2}), wave_weights(1), packed);
  CHECK(is_close(slice(r.output, {3, 0}), {0.9413061967592911, -0.19353803384289645, -0.9755699748588402, 0.20295562195222125}));
  CHECK(is_close(slice(r.h, {{}, 1}), {-0.0067759249231923386, 0.24625186889177147, -0.44467263276632796, -0.6531387180469905,
                                       0.9617257962414442, -0.06564970741198306, -0.757415785401158, -0.02112032609655278}));
  const Tensor dx = gradients(sum(square(r.output)) + cubes(r.h), {x})[0];
  CHECK(is_close(dx.row(0), {0.19994354100821576, 0.18079289473299942, -0.24653187919641023, 0.6667305485772373, 0.3753618910824124,
                             -0.7634571746458871, 0.4663286302644344, 0.28499204312446225, -0.5397679416136733}));
}

TEST_CASE("a sequence in a batch with lengths gives what it gives alone") {
  const Tensor x = wave(1, {4, 3, 3});
  const std::vector<RnnWeights> weights = wave_weights(4);
  const LstmResult all = lstm(x, {}, weights, packed);
  const LstmResult alone = lstm(slice(x, {{0, 3}, {2, 3}}), {}, weights, {.bidirectional = true});
  CHECK(allclose(slice(all.output, {{0, 3}, {2, 3}}), alone.output, 1e-13));
  CHECK(allclose(slice(all.h, {{}, {2, 3}}), alone.h, 1e-13));
  CHECK(allclose(slice(all.c, {{}, {2, 3}}), alone.c, 1e-13));
  CHECK(is_same(slice(all.output, {{3, 4}, 2}), zeros({1, 4}, {.dtype = float64})));
}

TEST_CASE("batch_first swaps the axes of inputs and outputs only") {
  const Tensor x = wave(1, {4, 3, 3});
  const std::vector<RnnWeights> weights = wave_weights(3);
  const RnnResult time_first = gru(x, {}, weights, {.bidirectional = true});
  const RnnResult batch_first = gru(transpose(x, 0, 1), {}, weights, {.bidirectional = true, .batch_first = true});
  CHECK(is_same(transpose(batch_first.output, 0, 1), time_first.output));
  CHECK(is_same(batch_first.h, time_first.h));
}

TEST_CASE("cells are one step of their layers") {
  const Tensor x = wave(1, {1, 3, 3}), h = wave(2, {1, 3, 2}), c = wave(3, {1, 3, 2});
  const auto weights = [](std::size_t gates) { return wave_weights(gates)[0]; };
  const LstmResult r = lstm(x, {h, c}, {weights(4)});
  const LstmState s = lstm_cell(x.row(0), {h.row(0), c.row(0)}, weights(4));
  CHECK(is_same(s.h, r.h.row(0)));
  CHECK(is_same(s.c, r.c.row(0)));
  CHECK(is_same(gru_cell(x.row(0), h.row(0), weights(3)), gru(x, h, {weights(3)}).h.row(0)));
  CHECK(is_same(rnn_tanh_cell(x.row(0), h.row(0), weights(1)), rnn_tanh(x, h, {weights(1)}).h.row(0)));
  CHECK(is_same(rnn_relu_cell(x.row(0), {}, weights(1)), rnn_relu(x, {}, {weights(1)}).h.row(0)));
}

TEST_CASE("gates that are far from 0 saturate, and their gradients are 0") {
  const Tensor x = variable(full({2, 1, 1}, 1e4, {.dtype = float64}));
  const Tensor w = full({4, 1}, 1, {.dtype = float64});
  const LstmResult r = lstm(x, {}, {{w, w}});
  CHECK(number(slice(r.c, {0, 0, 0})) == 2);
  CHECK(number(gradients(sum(r.output), {x})[0].row(0)) == 0);
  CHECK(number(slice(lstm(-1.0 * x, {}, {{w, w}}).output, {1, 0, 0})) == 0);
}

TEST_CASE("recurrent layers and norms give the same bits on any number of threads") {
  const auto run = [](std::size_t threads) {
    const std::size_t before = num_threads();
    set_num_threads(threads);
    const SeedScope fixed(1);
    const Tensor x = variable(random::normal({5, 150, 8})), w = variable(random::normal({64, 8})), u = variable(random::normal({64, 16}));
    const Tensor y = lstm(x, {}, {{w, u}}).output;
    const Tensor z = layer_norm(y, variable(ones({16})), variable(zeros({16}))) + batch_norm(y).output + group_norm(y, 3);
    std::vector<Tensor> result = gradients(sum(square(z)), {x, w, u});
    result.push_back(z.detach());
    const Tensor rows = variable(random::normal({50, 200}));
    const Tensor indices = reshape(random::permutation(2000), {-1});
    const Tensor taken = embedding(Tensor(astype(indices / 40, int64)), rows);
    result.push_back(gradients(sum(taken * random::normal(taken.shape())), {rows})[0]);
    set_num_threads(before);
    return result;
  };
  const std::vector<Tensor> one = run(1), three = run(3);
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(is_same(one[i], three[i]));
}

TEST_CASE("an attention that is causal is one with a triangular mask") {
  const Tensor q = wave(1, {2, 3, 4}), k = wave(2, {2, 5, 4}), v = wave(3, {2, 5, 2});
  const Tensor triangle = reshape(arange(0, 3), {-1, 1}) >= arange(0, 5);
  const Tensor causal = scaled_dot_product_attention(q, k, v, {.causal = true});
  CHECK(is_same(causal, scaled_dot_product_attention(q, k, v, triangle)));
  const double hidden = -std::numeric_limits<double>::infinity();
  CHECK(allclose(causal, scaled_dot_product_attention(q, k, v, where(triangle, zeros({3, 5}, {.dtype = float64}), hidden)), 1e-14));
}

TEST_CASE("self_attention is attention of heads that were taken apart, over several blocks of queries and any number of threads") {
  const SeedScope fixed(4);
  const std::ptrdiff_t n = 2, steps = 300, heads = 3, width = 5, d = heads * width;
  const Tensor qkv = variable(random::normal({2, 300, 45}, {.dtype = float64})), seed = random::normal({2, 300, 15}, {.dtype = float64});
  for (const bool causal : {false, true}) {
    const Tensor parts = permute(reshape(qkv, {n, steps, 3, heads, width}), {2, 0, 3, 1, 4});
    const Tensor apart = scaled_dot_product_attention(parts.row(0), parts.row(1), parts.row(2), {.causal = causal});
    const Tensor wanted = reshape(transpose(apart, 1, 2), {n, steps, d});
    const Tensor slope = gradients(wanted, {qkv}, {.seed = seed})[0];
    const auto both = [&] {
      const Tensor y = self_attention(qkv, {.heads = 3, .causal = causal});
      return std::vector<Tensor>{y, gradients(y, {qkv}, {.seed = seed})[0]};
    };
    set_num_threads(1);
    const std::vector<Tensor> one = both();
    CHECK(allclose(one[0].value(), wanted.value(), 1e-13));
    CHECK(allclose(one[1].value(), slope.value(), 1e-12));
    set_num_threads(3);
    const std::vector<Tensor> three = both();
    set_num_threads(1);
    CHECK((identical(one[0].value(), three[0].value()) && identical(one[1].value(), three[1].value())));
  }
}

TEST_CASE("a query that sees no key gives 0, and no gradient is NaN") {
  const Tensor q = variable(wave(1, {2, 3})), k = variable(wave(2, {4, 3})), v = variable(wave(3, {4, 2}));
  for (const Tensor& mask : {tensor({{true, true, false, true}, {false, false, false, false}}),
                             where(tensor({{true, true, false, true}, {false, false, false, false}}), 0.0,
                                   full({}, -std::numeric_limits<double>::infinity(), {.dtype = float64}))}) {
    const Tensor y = scaled_dot_product_attention(q, k, v, mask);
    CHECK(is_close(y.row(1), {0.0, 0.0}));
    const std::vector<Tensor> g = gradients(sum(square(y)), {q, k, v});
    CHECK(is_close(g[0].row(1), {0.0, 0.0, 0.0}));
    CHECK(std::isfinite(number(sum(g[0]) + sum(g[1]) + sum(g[2]))));
    CHECK(is_close(g[2].row(2), {0.0, 0.0}));
  }
}

TEST_CASE("attention to scores of any size stays finite") {
  const Tensor q = full({1, 1}, 1e200, {.dtype = float64}), k = doubles({{1.0}, {-1.0}, {0.0}}), v = doubles({{1.0}, {2.0}, {3.0}});
  CHECK(number(scaled_dot_product_attention(q, k, v)) == 1);
}

TEST_CASE("the row of padding_idx is looked up, and gets no gradient in any order") {
  const Tensor weight = variable(wave(1, {3, 2})), indices = tensor({2, 0, 2, 1});
  const Tensor y = embedding(indices, weight, {.padding_idx = -1});
  CHECK(is_same(y.row(0), weight.row(2).detach()));
  CHECK(is_close(gradients(sum(square(y)), {weight})[0].row(2), {0.0, 0.0}));
  const Tensor first = gradients(sum(y * square(y)), {weight}, {.differentiable = true})[0];
  const Tensor second = gradients(sum(first), {weight})[0];
  CHECK(allclose(second.row(0), 6.0 * weight.row(0).detach()));
  // The gradient of row 2 is 0 whatever it holds, but y at its places is not.
  CHECK(is_close(second.row(2), {0.0, 0.0}));
}

TEST_CASE("batch_norm gives the mean and the unbiased variance of each channel") {
  const Tensor x = doubles({{1.0, 10.0}, {2.0, 10.0}, {6.0, 10.0}});
  const BatchNormResult r = batch_norm(x);
  CHECK(is_close(r.mean, {3.0, 10.0}));
  CHECK(is_close(r.variance, {7.0, 0.0}));
  CHECK(is_close(r.output.column(1), {0.0, 0.0, 0.0}));
  CHECK_FALSE(batch_norm(variable(x)).mean.has_history());
  const Tensor biased = r.variance * (2.0 / 3);
  CHECK(allclose(batch_norm_eval(x, r.mean, biased), r.output, 1e-12));
}

TEST_CASE("a mean that is large beside the variance costs no digits in float32") {
  const SeedScope fixed(2);
  const Tensor noise = random::normal({8, 512}, {.dtype = float64});
  const Tensor x = astype(noise * 0.01 + 1000.0, float32), exact = astype(x, float64);
  const auto error_of = [&](auto norm) { return number(max(abs(astype(norm(x), float64) - norm(exact)))); };
  CHECK(error_of([](const Tensor& t) { return layer_norm(t); }) < 2e-6);
  CHECK(error_of([](const Tensor& t) { return group_norm(reshape(t, {2, 4, 512}), 2); }) < 2e-6);
  CHECK(error_of([](const Tensor& t) { return batch_norm(t).output; }) < 2e-6);
  CHECK(number(max(abs(astype(batch_norm(reshape(x, {8, 1, 512})).variance, float64) / batch_norm(reshape(exact, {8, 1, 512})).variance -
                       1.0))) < 1e-6);
}

TEST_CASE("a first element far from the mean costs no digits in float32") {
  const SeedScope fixed(3);
  const Tensor x = reshape(concatenate({full({1}, 300), random::normal({102399})}, 0), {64, 1, 40, 40}), exact = astype(x, float64);
  CHECK(number(abs(astype(batch_norm(x).variance, float64) / batch_norm(exact).variance - 1.0)) < 2e-6);
  CHECK(number(max(abs(astype(batch_norm(x).output, float64) - batch_norm(exact).output))) < 1e-4);
}

TEST_CASE("a constant row is normalized to 0, and its gradient is finite") {
  const Tensor x = variable(full({2, 4}, 3, {.dtype = float64}));
  const Tensor y = layer_norm(x);
  CHECK(is_same(y.detach(), zeros({2, 4}, {.dtype = float64})));
  CHECK(allclose(gradients(sum(y * wave(1, {2, 4})), {x})[0].row(0),
                 (wave(1, {2, 4}).row(0) - mean(wave(1, {2, 4}).row(0))) / std::sqrt(1e-5), 1e-12));
}

TEST_CASE("NaN stays visible in norms") {
  const Tensor x = doubles({{1.0, std::nan(""), 2.0}, {1.0, 2.0, 3.0}});
  CHECK(std::isnan(number(slice(layer_norm(x), {0, 0}))));
  CHECK_FALSE(std::isnan(number(slice(layer_norm(x), {1, 0}))));
  CHECK(std::isnan(number(slice(rms_norm(x), {0, 2}))));
}
