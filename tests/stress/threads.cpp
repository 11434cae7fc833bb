// Threads that use everything that may be used at the same time: made for ThreadSanitizer, which sees the races that give right numbers.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <catch2/catch.hpp>
#include <reel/core/io/safetensors.hpp>
#include <reel/core/parallel.hpp>
#include <reel/reel.hpp>

#include "../core/temporary_folder.hpp"

using namespace reel;

namespace {

#if defined(__SANITIZE_THREAD__)
constexpr int rounds = 40;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr int rounds = 40;
#else
constexpr int rounds = 200;
#endif
#else
constexpr int rounds = 200;
#endif

/// f(0) to f(n - 1) at once. Catch2's assertions are for one thread: f returns whether all is well.
template <class F>
void check_in_threads(std::size_t n, const F& f) {
  std::atomic<std::size_t> good{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < n; ++i)
    threads.emplace_back([&, i] {
      try {
        good += f(i) ? 1 : 0;
      } catch (const std::exception&) {  // counts as not good
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK(good == n);
}

bool same(const Tensor& a, const Tensor& b) { return identical(a.value(), b.value()); }

nn::Sequential classifier() {
  const SeedScope seed(1);
  return {nn::Linear(8, 16), nn::LayerNorm(16), relu, nn::Linear(16, 4)};
}

Tensor some_rows(std::size_t n, std::uint64_t seed) {
  const SeedScope scope(seed);
  return random::normal({n, 8});
}

/// Hands values from thread to thread.
class Queue {
 public:
  void put(Tensor t) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(t));
    changed_.notify_one();
  }
  Tensor take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !waiting_.empty(); });
    Tensor t = std::move(waiting_.front());
    waiting_.pop_front();
    return t;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Tensor> waiting_;
};

struct ThreadsScope {
  std::size_t before = num_threads();
  explicit ThreadsScope(std::size_t n) { set_num_threads(n); }
  ~ThreadsScope() { set_num_threads(before); }
};

}  // namespace

TEST_CASE("threads call one model, which others copy, and differentiate over its parameters") {
  nn::Sequential model = classifier();
  const Tensor x = some_rows(6, 2), expected = nn::Sequential(model)(x);
  check_in_threads(4, [&](std::size_t i) {
    bool good = true;
    for (int round = 0; round < rounds; ++round) {
      if (i == 0) {
        nn::Sequential copy = model;
        good = good && same(copy(x), expected) && copy.parameters().size() == 6;
      } else if (i == 1) {
        const UniquePtr<nn::Module> clone = model.clone();
        good = good && same((*clone)(x), expected);
      } else {
        const Tensor y = model(x);
        good = good && same(y, expected) && gradients(sum(square(y)), {x.has_history() ? x : variable(x)}).size() == 1;
        gradients(sum(y), model.parameters());
      }
    }
    return good;
  });
}

TEST_CASE("a model is called for the first time, by its name and in a larger one, while it is copied") {
  for (int round = 0; round < rounds / 4; ++round) {
    nn::Linear part(8, 4);
    check_in_threads(3, [&](std::size_t i) {
      if (i == 2) {
        const nn::Linear copy = part;
        return copy.weight.size() == 32;
      }
      return part(ones({1, 8})).size() == 4;
    });
  }
}

TEST_CASE("threads train models of their own, with the bits that one thread gets, while the number of threads changes") {
  const nn::Sequential made = classifier();  // seeds are the program's, not a thread's
  const Tensor rows[] = {some_rows(64, 1), some_rows(64, 2), some_rows(64, 3)};
  const auto trained = [&](std::size_t k) {
    nn::Sequential model = made;
    optim::Adam adam(model.parameters(), {.lr = 0.01});
    const Tensor& x = rows[k];
    for (int step = 0; step < rounds / 8; ++step) {
      adam.zero_grad();
      mean(square(model(x))).backward();
      adam.step();
    }
    return model(x);
  };
  const Tensor expected[] = {trained(0), trained(1), trained(2)};
  const ThreadsScope scope(2);
  check_in_threads(4, [&](std::size_t i) {
    if (i == 3) {
      for (int round = 0; round < rounds; ++round) {
        set_num_threads(1 + static_cast<std::size_t>(round) % 3);
        std::this_thread::yield();
      }
      return true;
    }
    return same(trained(i), expected[i]);
  });
}

TEST_CASE("tensors and their histories are handed on, used, differentiated and freed in other threads") {
  Queue there, back;
  const Tensor x = variable(some_rows(5, 3)), expected = gradients(sum(exp(x) * 2 + x), {x})[0];
  check_in_threads(4, [&](std::size_t i) {
    bool good = true;
    for (int round = 0; round < rounds; ++round) {
      switch (i) {
        case 0: there.put(exp(x) * 2 + x); break;
        case 1: back.put(sum(there.take())); break;
        case 2: good = good && same(gradients(back.take(), {x})[0], expected); break;
        default: good = good && same(gradients(sum(exp(x) * 2 + x), {x})[0], expected);
      }
    }
    return good;
  });
}

TEST_CASE("large blocks are made in one thread and freed in another") {
  Queue queue;
  check_in_threads(4, [&](std::size_t i) {
    bool good = true;
    for (int round = 0; round < rounds; ++round) {
      if (i < 2) {
        queue.put(full({1 << 15}, static_cast<double>(round)));
      } else {
        const Tensor t = queue.take();
        good = good && t.value().at<float>({0}) == t.value().at<float>({-1});
        if (round % 16 == 0) memory::release_cached();
      }
    }
    return good;
  });
}

TEST_CASE("hooks come and go on tensors and models of a thread's own, and on a shared history that has some") {
  const Tensor x = variable(some_rows(4, 4)), y = sum(tanh(x));
  const GradientHook first = on_gradient(x, [](const Tensor& g) { return g * 1; });
  check_in_threads(3, [&](std::size_t i) {
    bool good = true;
    nn::Linear mine(8, 2);
    int calls = 0;
    for (int round = 0; round < rounds; ++round) {
      if (i == 0) {
        const GradientHook hook = on_gradient(x, [](const Tensor&) {});
        good = good && hook.active();
      } else {
        const nn::ModuleHook hook = mine.on_backward([&](const Tensor&, const Tensor&) { ++calls; });
        sum(mine(ones({2, 8}))).backward();
      }
      good = good && gradients(y, {x}).size() == 1;
    }
    return good && (i == 0 || calls == rounds);
  });
}

TEST_CASE("threads draw random numbers from one generator and from their own") {
  check_in_threads(3, [&](std::size_t i) {
    bool good = true;
    for (int round = 0; round < rounds; ++round) {
      if (i == 2) {
        const Tensor mask = dropout(ones({64}), 0.5);
        good = good && mask.size() == 64;
      } else {
        good = good && random::normal({33}).size() == 33 && random::permutation(9).size() == 9;
      }
    }
    return good;
  });
}

TEST_CASE("batches are made ahead for several trainings, some of which end in the middle") {
  const data::Dataset set{some_rows(40, 5), some_rows(40, 6)};
  check_in_threads(3, [&](std::size_t i) {
    bool good = true;
    data::Batches batches(set, {.batch_size = 4, .shuffle = true});
    for (int round = 0; round < rounds / 8; ++round) {
      data::Prefetch ahead(batches, batches.start_pass(), 1 + i);
      try {
        for (std::size_t k = 0; k < batches.size(); ++k) {
          const data::Batch batch = ahead.next();
          good = good && same(batch.features, batches[k].features);
          if (i == 2 && k == 3) throw std::runtime_error("enough");
        }
      } catch (const std::runtime_error&) {
        good = good && i == 2;
      }
    }
    return good;
  });
}

TEST_CASE("parallel_for is nested, throws, and is called by several threads") {
  const ThreadsScope scope(3);
  check_in_threads(3, [&](std::size_t i) {
    bool good = true;
    for (int round = 0; round < rounds; ++round) {
      std::vector<int> counts(1000);
      bool threw = false;
      try {
        parallel_for(counts.size(), 10, [&](std::size_t begin, std::size_t end) {
          parallel_for(end - begin, 3, [&](std::size_t b, std::size_t e) {
            for (std::size_t k = begin + b; k < begin + e; ++k) ++counts[k];
          });
          if (i == 1 && end > 500) throw std::runtime_error("half");  // in one piece, too
        });
      } catch (const std::runtime_error&) {
        threw = true;
      }
      good = good && threw == (i == 1);
      for (const int count : counts) good = good && (threw ? count <= 1 : count == 1);  // what had not begun is left out
    }
    return good;
  });
}

TEST_CASE("files are saved and loaded by several threads, each its own, and one that all read") {
  const TemporaryFolder folder;
  nn::Sequential model = classifier();
  const std::string shared = folder.path("shared.safetensors");
  save_safetensors(shared, model.state());
  const Tensor x = some_rows(3, 7), expected = model(x);
  check_in_threads(3, [&](std::size_t i) {
    bool good = true;
    const std::string own = folder.path("own" + std::to_string(i));
    for (int round = 0; round < rounds / 8; ++round) {
      nn::Sequential mine = model;
      optim::SGD sgd(mine.parameters(), {.lr = 0.1});
      mine.load_state(load_safetensors(shared));
      optim::save_checkpoint(own, {.model = &mine, .optimizer = &sgd, .random = false});
      optim::load_checkpoint(own, {.model = &mine, .optimizer = &sgd, .random = false});
      good = good && same(mine(x), expected) && io::map_safetensors(shared).tensors.size() == 6;
    }
    return good;
  });
}
