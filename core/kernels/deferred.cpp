#include <reel/core/kernels/deferred.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include <reel/core/kernels/repeated.hpp>
#include <reel/core/parallel.hpp>
#include <reel/core/small_vector.hpp>

namespace reel::kernels {

using detail::Buffer;

namespace {

constexpr std::size_t block = 1024;  // elements that a chain goes through at a time: ten intermediate results fit in the first cache
constexpr std::size_t grain = std::size_t{1} << 15;  // elements below which a second thread does not pay
// Beyond these, what a chain is made of gets computed first: formulas in one pass, and arrays that it reads, which live as long as it does.
constexpr std::size_t longest_chain = 32, most_arrays = 8;

}  // namespace

/// How a buffer's elements are computed. Its inputs do not change as long as it lives.
struct Deferred {
  RefCount owners;
  TileFunction tile = nullptr;
  alignas(16) std::byte object[Formula::most_bytes];
  Shape shape;
  std::size_t width = 0;  // bytes of an element
  SmallVector<Array, 4> inputs;
  bool repeats = false;    // does nothing but repeat its input to its shape
  bool evaluated = false;  // its elements were computed as a step of something else once, and not stored
  bool running = false;    // somebody is computing and storing its elements

  static Deferred* make() { return new (pool::allocate(sizeof(Deferred))) Deferred; }
  void drop() noexcept {
    if (!owners.remove()) return;
    this->~Deferred();
    pool::deallocate(this, sizeof(Deferred));
  }
};

namespace {

/// Guards which buffers have elements, what is deferred about the others, and the flags of that. Nobody computes while holding it.
std::mutex mutex;
std::condition_variable finished;  // somebody stopped running

void drop_buffer(void* buffer) noexcept {
  auto* const dropped = static_cast<Buffer*>(buffer);
  if (dropped->owners.remove()) Buffer::free(dropped);
}

/// What is deferred about a buffer; null when its elements are there. With the mutex held.
Deferred* deferred_of(const Array& x) { return x.buffer() ? x.buffer()->deferred : nullptr; }

/// All that has to be computed for a buffer, each thing after what it is computed from. With the mutex held.
using Chain = SmallVector<Buffer*, longest_chain + 1>;

void collect(Buffer* buffer, Chain& chain) {
  if (std::find(chain.begin(), chain.end(), buffer) != chain.end()) return;
  for (const Array& input : buffer->deferred->inputs)
    if (deferred_of(input)) collect(input.buffer(), chain);
  chain.push_back(buffer);
}

}  // namespace

/// A chain that is ready to be computed, block by block.
class Plan {
 public:
  /// With the mutex held.
  explicit Plan(const Chain& chain);
  ~Plan() {
    for (Step& step : steps_) step.deferred->drop();
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // With the mutex still held:

  /// Steps before the last whose result somebody else has, and which were computed before without being stored.
  std::vector<Buffer*> computed_again() const;
  void mark_evaluated();
  /// An input that the last step may be written over, since all of its readers are in this plan and nobody has their results.
  Buffer* input_to_write_over() const;

  Buffer* result() const { return steps_.back().buffer; }
  std::size_t width() const { return steps_.back().deferred->width; }

  /// Where a step's result is stored; the last step's is always given.
  void store(Buffer* step, void* elements);

  std::size_t scratch_bytes() const { return slots_ * slot_bytes_; }
  /// Makes a thread's scratch ready.
  void prepare(std::byte* scratch) const;
  /// Elements [begin, end) of the last step, to `out`.
  void run(std::size_t begin, std::size_t end, std::byte* scratch, std::byte* out) const;

 private:
  struct Input {
    enum class From : std::uint8_t { array, repeated, step } from;
    std::uint8_t index = 0;  // of `repeated_` or of `steps_`
    std::size_t width = 0;   // of an element
    const std::byte* array = nullptr;
    Buffer* buffer = nullptr;
  };
  struct Step {
    Deferred* deferred;
    Buffer* buffer;
    Input inputs[max_operands] = {};
    std::size_t slot = 0;
    std::byte* stored = nullptr;
    std::size_t uses = 0;
    bool owned_elsewhere = false;
  };
  struct Repeat {
    Repeated elements;
    const Buffer* buffer;
    Shape from, to;
    std::size_t slot;
  };

  std::uint8_t repeat(const Array& input, const Shape& shape);
  void assign_slots();

  std::vector<Step> steps_;
  std::vector<Repeat> repeated_;
  std::size_t slots_ = 0, slot_bytes_ = 0;
};

Plan::Plan(const Chain& chain) {
  std::size_t widest = 1;
  for (Buffer* const buffer : chain) {
    Step step{buffer->deferred, buffer};
    const Deferred& deferred = *step.deferred;
    step.deferred->owners.add();
    widest = std::max(widest, deferred.width);
    for (std::size_t i = 0; i < deferred.inputs.size(); ++i) {
      const Array& array = deferred.inputs[i];
      Input& input = step.inputs[i];
      input.width = size_of(array.dtype());
      input.buffer = array.buffer();
      widest = std::max(widest, input.width);
      if (deferred_of(array)) {
        input.from = Input::From::step;
        while (steps_[input.index].buffer != input.buffer) ++input.index;
        ++steps_[input.index].uses;
      } else if (array.size() == deferred.shape.elements()) {
        input.from = Input::From::array;
        input.array = static_cast<const std::byte*>(array.raw());
      } else {
        input.from = Input::From::repeated;
        input.index = repeat(array, deferred.shape);
      }
    }
    steps_.push_back(step);
  }
  for (Step& step : steps_) step.owned_elsewhere = step.buffer->owners.count() > step.uses;
  slot_bytes_ = block * widest;
  assign_slots();
}

std::uint8_t Plan::repeat(const Array& input, const Shape& shape) {
  for (std::size_t i = 0; i < repeated_.size(); ++i) {
    const Repeat& r = repeated_[i];
    if (r.buffer == input.buffer() && r.from == input.shape() && r.to == shape) return static_cast<std::uint8_t>(i);
  }
  repeated_.push_back({Repeated(input, shape), input.buffer(), input.shape(), shape, slots_++});
  return static_cast<std::uint8_t>(repeated_.size() - 1);
}

/// A slot is free again after the last step that reads it.
void Plan::assign_slots() {
  std::vector<std::size_t> free, left;
  for (Step& step : steps_) left.push_back(step.uses);
  for (std::size_t s = 0; s + 1 < steps_.size(); ++s) {
    Step& step = steps_[s];
    if (free.empty()) {
      step.slot = slots_++;
    } else {
      step.slot = free.back();
      free.pop_back();
    }
    for (std::size_t i = 0; i < step.deferred->inputs.size(); ++i) {
      const Input& input = step.inputs[i];
      if (input.from == Input::From::step && --left[input.index] == 0) free.push_back(steps_[input.index].slot);
    }
  }
}

std::vector<Buffer*> Plan::computed_again() const {
  std::vector<Buffer*> result;
  for (std::size_t s = 0; s + 1 < steps_.size(); ++s)
    if (steps_[s].owned_elsewhere && steps_[s].deferred->evaluated) result.push_back(steps_[s].buffer);
  return result;
}

void Plan::mark_evaluated() {
  for (Step& step : steps_) step.deferred->evaluated = true;
}

Buffer* Plan::input_to_write_over() const {
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    // The last step's owners get what is written; nobody else may be reading through a plan of their own.
    if ((steps_[s].owned_elsewhere && s + 1 < steps_.size()) || steps_[s].deferred->owners.count() > 2) return nullptr;
  }
  for (const Step& step : steps_) {
    for (std::size_t i = 0; i < step.deferred->inputs.size(); ++i) {
      const Input& input = step.inputs[i];
      if (input.from != Input::From::array || input.width != width()) continue;
      std::size_t uses = 0;
      for (const Step& other : steps_)
        for (std::size_t k = 0; k < other.deferred->inputs.size(); ++k) uses += other.inputs[k].buffer == input.buffer;
      if (input.buffer->owners.count() == uses) return input.buffer;
    }
  }
  return nullptr;
}

void Plan::store(Buffer* buffer, void* elements) {
  for (Step& step : steps_)
    if (step.buffer == buffer) step.stored = static_cast<std::byte*>(elements);
}

void Plan::prepare(std::byte* scratch) const {
  for (const Repeat& repeat : repeated_)
    if (repeat.elements.is_constant()) repeat.elements.read(0, block, scratch + repeat.slot * slot_bytes_);
}

void Plan::run(std::size_t begin, std::size_t end, std::byte* scratch, std::byte* out) const {
  const void* repeated[longest_chain * max_operands];
  for (std::size_t from = begin; from < end; from += block) {
    const std::size_t n = std::min(block, end - from);
    for (std::size_t i = 0; i < repeated_.size(); ++i) {
      std::byte* const slot = scratch + repeated_[i].slot * slot_bytes_;
      repeated[i] = repeated_[i].elements.is_constant() ? slot : repeated_[i].elements.read(from, n, slot);
    }
    const auto place = [&](const Step& step) {
      if (step.stored) return step.stored + from * step.deferred->width;
      return &step == &steps_.back() ? out + (from - begin) * width() : scratch + step.slot * slot_bytes_;
    };
    for (const Step& step : steps_) {
      const void* in[max_operands];
      for (std::size_t i = 0; i < step.deferred->inputs.size(); ++i) {
        const Input& input = step.inputs[i];
        switch (input.from) {
          case Input::From::array: in[i] = input.array + from * input.width; break;
          case Input::From::repeated: in[i] = repeated[input.index]; break;
          case Input::From::step: in[i] = place(steps_[input.index]); break;
        }
      }
      void* const to[] = {place(step)};
      step.deferred->tile(step.deferred->object, in, to, n);
    }
  }
}

namespace {

/// A chain none of whose parts somebody else is computing; empty if the buffer has its elements. Waits where that is needed.
Chain chain_of(Buffer* buffer, std::unique_lock<std::mutex>& lock) {
  while (true) {
    Chain chain;
    if (buffer->elements) return chain;
    collect(buffer, chain);
    if (std::none_of(chain.begin(), chain.end(), [](const Buffer* step) { return step->deferred->running; })) return chain;
    finished.wait(lock);
  }
}

/// Elements that are about to be stored, each in a buffer that the one of the array will own.
class Stored {
 public:
  explicit Stored(Buffer* of) : of_(of) {}
  Stored(Stored&& other) noexcept : of_(other.of_), elements_(std::exchange(other.elements_, nullptr)) {}
  Stored& operator=(Stored&&) = delete;
  ~Stored() {
    if (elements_) drop_buffer(elements_);
  }

  Buffer* of() const { return of_; }
  void* allocate() {
    elements_ = Buffer::make(of_->bytes);
    return elements_->elements;
  }
  void* write_over(Buffer* other) {
    other->owners.add();
    elements_ = other;
    return other->elements;
  }
  /// With the mutex held. Returns what the array needs no more.
  Deferred* publish() {
    if (of_->elements) return nullptr;  // somebody else was faster
    Deferred* const done = std::exchange(of_->deferred, nullptr);
    Buffer* const elements = std::exchange(elements_, nullptr);
    of_->owner = elements;
    of_->release = drop_buffer;
    __atomic_store_n(&of_->elements, elements->elements, __ATOMIC_RELEASE);
    return done;
  }

 private:
  Buffer* of_;
  Buffer* elements_ = nullptr;
};

void run_all(const Plan& plan, std::byte* out) {
  const std::size_t width = plan.width(), scratch_bytes = plan.scratch_bytes();
  const std::size_t n = plan.result()->bytes / width;
  parallel_for(n, n <= grain ? n : 4 * block, [&](std::size_t begin, std::size_t end) {
    auto* const scratch = static_cast<std::byte*>(pool::allocate(scratch_bytes));
    plan.prepare(scratch);
    plan.run(begin, end, scratch, out + begin * width);
    pool::deallocate(scratch, scratch_bytes);
  });
}

/// Computes a buffer's elements and stores them; those of a step, too, that had to be computed a second time.
void compute(Buffer* buffer) {
  std::unique_lock lock(mutex);
  const Chain chain = chain_of(buffer, lock);
  if (chain.empty()) return;
  Plan plan(chain);
  Stored result(buffer);
  std::vector<Stored> steps;
  for (Buffer* const step : plan.computed_again()) steps.emplace_back(step);
  plan.mark_evaluated();
  Buffer* const over = plan.input_to_write_over();
  Deferred* const running = buffer->deferred;  // which another thread may take from the buffer, when it had to store this on its way
  running->running = true;
  lock.unlock();
  const auto stop_running = [&] {
    running->running = false;
    finished.notify_all();
  };
  std::vector<Deferred*> done;
  try {
    for (Stored& step : steps) plan.store(step.of(), step.allocate());
    run_all(plan, static_cast<std::byte*>(over ? result.write_over(over) : result.allocate()));
  } catch (...) {
    lock.lock();
    stop_running();
    throw;
  }
  lock.lock();
  stop_running();
  if (Deferred* const deferred = result.publish()) done.push_back(deferred);
  for (Stored& step : steps)
    if (Deferred* const deferred = step.publish()) done.push_back(deferred);
  lock.unlock();
  for (Deferred* const deferred : done) deferred->drop();
}

template <std::size_t Width>
void copy_tile(const void* /*object*/, const void* const* in, void* const* out, std::size_t n) {
  std::memcpy(out[0], in[0], n * Width);
}

/// How many arrays of the result's size a chain reads. With the mutex held.
std::size_t arrays_of(const Chain& chain) {
  std::vector<const Buffer*> arrays;
  for (const Buffer* const step : chain) {
    for (const Array& input : step->deferred->inputs) {
      const bool whole = !deferred_of(input) && input.size() == step->deferred->shape.elements();
      if (whole && std::find(arrays.begin(), arrays.end(), input.buffer()) == arrays.end()) arrays.push_back(input.buffer());
    }
  }
  return arrays.size();
}

Array make_array(Deferred* deferred, Dtype dtype) {
  const Shape& shape = deferred->shape;
  Buffer* const buffer = Buffer::defer(shape.elements() * deferred->width, deferred);
  return Array::adopt(shape, dtype, buffer);
}

}  // namespace

Array defer(const Formula& formula, const Shape& shape, Dtype dtype, std::span<const Array* const> inputs, Array* spent) {
  Deferred* const deferred = Deferred::make();
  deferred->tile = formula.tile;
  std::memcpy(deferred->object, formula.object, formula.bytes);
  deferred->shape = shape;
  deferred->width = size_of(dtype);
  deferred->inputs.reserve(inputs.size());
  for (const Array* const input : inputs) deferred->inputs.push_back(input == spent ? std::move(*spent) : *input);
  Array result = make_array(deferred, dtype);
  std::vector<Buffer*> first;  // to be computed now
  {
    const std::lock_guard lock(mutex);
    for (Array& input : deferred->inputs) {
      const Deferred* const before = deferred_of(input);
      if (!before) continue;
      if (before->repeats && before->shape == input.shape()) {
        input = Array(before->inputs[0]);
      } else if (input.size() != shape.elements()) {
        first.push_back(input.buffer());
      }
    }
    Chain chain;
    collect(result.buffer(), chain);
    if (chain.size() > longest_chain || arrays_of(chain) > most_arrays)
      for (const Array& input : deferred->inputs)
        if (deferred_of(input)) first.push_back(input.buffer());
  }
  for (Buffer* const buffer : first) buffer->data();
  return result;
}

Array defer_repeated(const Array& x, const Shape& shape) {
  x.raw();
  Deferred* const deferred = Deferred::make();
  deferred->width = size_of(x.dtype());
  deferred->tile = deferred->width == 1 ? copy_tile<1> : deferred->width == 4 ? copy_tile<4> : copy_tile<8>;
  deferred->shape = shape;
  deferred->inputs.push_back(x);
  deferred->repeats = true;
  return make_array(deferred, x.dtype());
}

void Stream::plan(const Array& x) {
  Buffer* const buffer = x.buffer();
  while (true) {
    std::unique_lock lock(mutex);
    const Chain chain = chain_of(buffer, lock);
    if (chain.empty() || buffer->deferred->evaluated) break;
    auto plan = std::make_unique<Plan>(chain);
    const auto again = plan->computed_again();
    if (again.empty()) {
      plan->mark_evaluated();
      plan_ = plan.release();
      return;
    }
    lock.unlock();
    for (Buffer* const step : again) step->data();
  }
  elements_ = x.raw();
}

void Stream::drop_plan() noexcept { delete plan_; }

void Stream::Reader::prepare(std::size_t longest) {
  elements_bytes_ = (longest * stream_.plan_->width() + 63) / 64 * 64;
  bytes_ = elements_bytes_ + stream_.plan_->scratch_bytes();
  scratch_ = static_cast<std::byte*>(pool::allocate(bytes_));
  stream_.plan_->prepare(scratch_ + elements_bytes_);
}

void Stream::Reader::compute(std::size_t begin, std::size_t n) {
  stream_.plan_->run(begin, begin + n, scratch_ + elements_bytes_, scratch_);
}

}  // namespace reel::kernels

namespace reel::detail {

void* Buffer::compute() {
  kernels::compute(this);
  return elements;
}

void Buffer::drop_deferred(kernels::Deferred* deferred) noexcept { deferred->drop(); }

}  // namespace reel::detail
