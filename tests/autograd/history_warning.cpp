#include <string>
#include <vector>

#include "message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

std::vector<std::string> warnings;  // the handler is a plain function

/// Collects warnings while it lives, with the limit as it is at the start of a program.
class Listening {
 public:
  Listening() {
    warnings.clear();
    set_warning_handler([](const std::string& text) { warnings.push_back(text); });
    set_history_warning(10'000);
  }
  ~Listening() {
    set_history_warning(10'000);
    set_warning_handler(nullptr);
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
};

/// Sums up a loss over many steps, as a training loop would, by `add`.
template <class Add>
Tensor total_loss(int steps, const Add& add) {
  Parameter w("w", doubles({1, 2}));
  Tensor total = doubles(0);
  for (int i = 0; i < steps; ++i) {
    const Tensor loss = sum(w * w);
    add(total, loss);
  }
  return total;
}

}  // namespace

TEST_CASE("Adding up losses with their history is warned of once, with the place") {
  const Listening listening;
  int line = 0;
  const Tensor total = total_loss(10'000, [&](Tensor& sum, const Tensor& loss) {
    line = __LINE__ + 1;
    sum = sum + loss;
  });
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] ==
        fmt::format("the history of this add (history_warning.cpp:{}) is more than 10000 entries deep; if it grows with every step, as in "
                    "total = total + loss, add loss.item<float>() or loss.detach() instead (set_history_warning changes the limit, 0 turns "
                    "this off)",
                    line));
  CHECK(number(total) == 50'000);
  total_loss(20'000, [](Tensor& sum, const Tensor& loss) { sum += loss; });
  CHECK(warnings.size() == 1);
}

TEST_CASE("Adding up numbers, detached losses, or under NoGrad is not warned of") {
  const Listening listening;
  double number = 0;
  total_loss(12'000, [&](Tensor&, const Tensor& loss) { number += loss.item<double>(); });
  CHECK(number == 60'000);
  CHECK_FALSE(total_loss(12'000, [](Tensor& sum, const Tensor& loss) { sum += loss.detach(); }).has_history());
  CHECK_FALSE(total_loss(12'000, [](Tensor& sum, const Tensor& loss) {
                const NoGrad pause;
                sum += loss;
              }).has_history());
  CHECK(warnings.empty());
}

TEST_CASE("The limit can be set, and the warning turned off") {
  const Listening listening;
  CHECK(history_warning() == 10'000);
  const auto grow = [](int steps) {
    Tensor y = variable(1.0);
    for (int i = 0; i < steps; ++i) y = y + 1.0;
  };
  set_history_warning(50);
  CHECK(history_warning() == 50);
  grow(50);
  CHECK(warnings.empty());
  grow(51);
  CHECK(warnings.size() == 1);
  set_history_warning(20);  // setting it asks for one more
  grow(60);
  CHECK(warnings.size() == 2);
  set_history_warning(0);
  CHECK(history_warning() == 0);
  grow(30'000);
  CHECK(warnings.size() == 2);
}
