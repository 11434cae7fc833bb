// A deep Q network (Mnih et al., Human-level control through deep reinforcement learning, 2015) learns to balance a pole on a cart. Nobody
// tells it how: it tries, remembers what came of it, and learns from random memories which of its two pushes is worth more.
#include <reel/reel.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>
#include <vector>

using namespace reel;

constexpr std::size_t observed = 4, pushes = 2;
constexpr double solved = 195;     // steps of 200, mean over 100 episodes: CartPole-v0 counts as solved
constexpr int all_steps = 150000;  // a training that needs more has failed

// The task of Barto, Sutton and Anderson (Neuronlike adaptive elements that can solve difficult learning control problems, 1983), with the
// numbers of CartPole-v0: 50 times a second the cart is pushed left or right. Each step counts 1. The end comes when the pole leans by 12
// degrees, when the cart leaves the track, or after 200 steps.
class CartPole {
 public:
  static constexpr int most_steps = 200;
  using State = std::array<float, observed>;  // position, speed, angle, angular speed

  State reset() {
    const Tensor start = random::uniform({observed}, {.low = -0.05, .high = 0.05});
    for (std::size_t i = 0; i < observed; ++i) state_[i] = start.at<float>({static_cast<Integer>(i)});
    steps_ = 0;
    return state_;
  }

  State step(std::size_t push) {
    constexpr double gravity = 9.8, cart = 1.0, pole = 0.1, half_length = 0.5, force = 10, dt = 0.02;
    auto& [x, dx, angle, dangle] = state_;
    const double f = push == 1 ? force : -force, sine = std::sin(angle), cosine = std::cos(angle);
    const double pushed = (f + pole * half_length * dangle * dangle * sine) / (cart + pole);
    const double turn = (gravity * sine - cosine * pushed) / (half_length * (4.0 / 3 - pole * cosine * cosine / (cart + pole)));
    const double accelerate = pushed - pole * half_length * turn * cosine / (cart + pole);
    state_ = {static_cast<float>(x + dt * dx), static_cast<float>(dx + dt * accelerate), static_cast<float>(angle + dt * dangle),
              static_cast<float>(dangle + dt * turn)};
    ++steps_;
    return state_;
  }

  bool has_fallen() const { return std::abs(state_[0]) > 2.4 || std::abs(state_[2]) > 12 * std::numbers::pi / 180; }
  bool is_over() const { return has_fallen() || steps_ == most_steps; }
  int steps() const { return steps_; }

 private:
  State state_{};
  int steps_ = 0;
};

// The last steps with their results. A batch drawn at random mixes many episodes; the steps of a single episode are all alike.
class Replay {
 public:
  struct Batch {
    Tensor state, push, next, fell;
  };

  explicit Replay(std::size_t capacity) : capacity_(capacity) {}

  void add(const CartPole::State& state, std::size_t push, const CartPole::State& next, bool fell) {
    const std::size_t i = added_++ % capacity_;
    std::copy(state.begin(), state.end(), state_.mutable_data<float>() + i * observed);
    std::copy(next.begin(), next.end(), next_.mutable_data<float>() + i * observed);
    push_.mutable_data<std::int64_t>()[i] = static_cast<std::int64_t>(push);
    fell_.mutable_data<float>()[i] = fell ? 1 : 0;
  }
  Batch draw(std::size_t n) const {
    const double size = static_cast<double>(std::min(added_, capacity_));
    const Tensor rows = astype(random::uniform({n}, {.high = size, .dtype = float64}), int64);
    return {take(Tensor(state_), rows), take(Tensor(push_), rows), take(Tensor(next_), rows), take(Tensor(fell_), rows)};
  }

 private:
  std::size_t capacity_, added_ = 0;
  Array state_{{capacity_, observed}, float32}, next_{{capacity_, observed}, float32}, push_{{capacity_, 1}, int64},
      fell_{{capacity_, 1}, float32};
};

// The network Q(state)[push], and how it learns.
class Agent {
 public:
  Agent() { slow_.load_state(q_.state()); }

  // A random push with probability epsilon, to explore, else the push with the larger predicted return.
  std::size_t choose(const CartPole::State& state, double epsilon) {
    if (chance() < epsilon) return chance() < 0.5 ? 0 : 1;
    const NoGrad no_gradients;
    return argmax(q_(Tensor(Array::of<float>({1, observed}, state)))).item<std::size_t>();
  }

  void remember(const CartPole::State& state, std::size_t push, const CartPole::State& next, bool fell) {
    replay_.add(state, push, next, fell);
  }

  // One step towards Bellman's equation: Q(s, a) = 1 + γ max Q(s', a'), or 1 where the pole fell. The right side comes from a second
  // network that follows the first slowly; after a target that jumps with every step both may run away. Which a' is best the first one
  // says, what it is worth the second: the largest of several guesses is too large a guess (van Hasselt, Guez and Silver, Double
  // Q-learning, 2016).
  void learn() {
    const Replay::Batch batch = replay_.draw(64);
    const Tensor wanted = [&] {
      const NoGrad no_gradients;
      const Tensor best = argmax(q_(batch.next), -1, {.keepdims = true});
      return 1.0 + gamma * (1.0 - batch.fell) * gather(slow_(batch.next), best, -1);
    }();
    adam_.zero_grad();
    nn::smooth_l1_loss(gather(q_(batch.state), batch.push, -1), wanted).backward();
    adam_.step();
    follow();
  }

 private:
  static constexpr double gamma = 0.99, follow_rate = 0.005;

  static nn::Sequential network() { return {nn::Linear(observed, 128), relu, nn::Linear(128, 128), relu, nn::Linear(128, pushes)}; }
  static double chance() { return random::uniform({}).item<double>(); }

  void follow() {
    const NoGrad no_gradients;
    auto to = slow_.parameters();
    const auto from = q_.parameters();
    for (std::size_t i = 0; i < to.size(); ++i) to[i].set_value(lerp(to[i], from[i], follow_rate));
  }

  nn::Sequential q_ = network(), slow_ = network();
  optim::Adam adam_{q_.parameters(), {.lr = 5e-4}};
  Replay replay_{50000};
};

double mean_of_last(const std::vector<double>& returns, std::size_t n) {
  n = std::min(n, returns.size());
  return std::accumulate(returns.end() - static_cast<std::ptrdiff_t>(n), returns.end(), 0.0) / static_cast<double>(n);
}

// Plays until the last 100 episodes have the average that counts as solved, or for `most_steps` steps. Returns every episode's return.
std::vector<double> train(Agent& agent, int most_steps) {
  std::vector<double> returns;
  CartPole game;
  for (int step = 0; step < most_steps && (returns.size() < 100 || mean_of_last(returns, 100) < solved);) {
    CartPole::State state = game.reset();
    while (!game.is_over()) {
      const double epsilon = std::max(0.01, 1.0 - step / 3000.0);
      const std::size_t push = agent.choose(state, epsilon);
      const CartPole::State next = game.step(push);
      // The end after 200 steps is not remembered as one: the pole still stands, and what it is worth does not depend on the clock.
      agent.remember(state, push, next, game.has_fallen());
      state = next;
      if (++step > 500) agent.learn();
    }
    returns.push_back(game.steps());
    if (returns.size() % 50 == 0)
      fmt::print("{:>5} episodes {:>7} steps   average of the last 100: {:.1f}\n", returns.size(), step, mean_of_last(returns, 100));
  }
  return returns;
}

// Returns the returns of episodes that the agent plays without random pushes.
std::vector<double> play(Agent& agent, int episodes, double epsilon) {
  std::vector<double> returns;
  CartPole game;
  for (int i = 0; i < episodes; ++i) {
    CartPole::State state = game.reset();
    while (!game.is_over()) state = game.step(agent.choose(state, epsilon));
    returns.push_back(game.steps());
  }
  return returns;
}

void plot_returns(const std::vector<double>& returns, const std::string& path) {
  std::vector<double> episode, average;
  for (std::size_t i = 1; i <= returns.size(); ++i) {
    episode.push_back(static_cast<double>(i));
    average.push_back(mean_of_last({returns.begin(), returns.begin() + static_cast<std::ptrdiff_t>(i)}, 100));
  }
  plot::Figure figure({.title = "Steps until the pole falls", .x_label = "episode", .y_label = "steps"});
  figure.scatter(episode, returns, {.label = "episode", .alpha = 0.5, .size = 4})
      .line(episode, average, {.label = "average of the last 100"});
  figure.save(path);
}

// The whole training, or with fewer steps a part that has to show that something is learned.
void run(std::uint64_t seed, int most_steps) {
  manual_seed(seed);
  const auto begin = std::chrono::steady_clock::now();
  Agent agent;
  const double chance = mean_of_last(play(agent, 100, 1), 100);
  fmt::print("random pushes: {:.1f} steps\n", chance);
  const std::vector<double> returns = train(agent, most_steps);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const bool is_solved = returns.size() >= 100 && mean_of_last(returns, 100) >= solved;
  fmt::print("seed {}: {} after {} episodes, {:.0f} steps, {:.1f} s\n", seed, is_solved ? "solved" : "not solved", returns.size(),
             std::accumulate(returns.begin(), returns.end(), 0.0), seconds);
  const double greedy = mean_of_last(play(agent, 100, 0), 100);
  fmt::print("without random pushes: {:.1f} of {} steps, 100 new episodes\n", greedy, CartPole::most_steps);
  plot_returns(returns, "dqn.svg");
  fmt::print("Picture: dqn.svg\n");

  if (most_steps == all_steps && !is_solved) throw Error("the average of the last 100 episodes is below 195");
  if (mean_of_last(returns, 20) < 3 * chance) throw Error("the last 20 episodes are not three times as long as those of random pushes");
}

int main(int argc, char** argv) {
  try {
    run(argc > 1 ? std::stoull(argv[1]) : 0, argc > 2 ? std::stoi(argv[2]) : all_steps);
  } catch (const std::exception& error) {
    fmt::print(stderr, "30_dqn: {}\nusage: 30_dqn [SEED [STEPS]]\n", error.what());
    return 1;
  }
}
