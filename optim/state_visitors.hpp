#pragma once
// Internal; not installed. Writes numbers and arrays to a State, and reads and checks them.
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

inline Tensor scalar_of(double value) { return Tensor(Array::scalar(value, float64)); }
inline Tensor scalar_of(std::int64_t value) { return Tensor(Array::of<std::int64_t>({}, std::span(&value, 1))); }

/// Writes numbers to a state.
class WriteNumbers final : public NumberVisitor {
 public:
  WriteNumbers(State& state, std::string prefix) : state_(state), prefix_(std::move(prefix)) {}
  using NumberVisitor::operator();
  void operator()(const std::string& name, double& value) override { state_[prefix_ + name] = scalar_of(value); }
  void operator()(const std::string& name, std::int64_t& value) override { state_[prefix_ + name] = scalar_of(value); }
  void operator()(const std::string& name, bool& value) override { state_[prefix_ + name] = Tensor(Array::scalar(value, boolean)); }

 private:
  State& state_;
  std::string prefix_;
};

/// Takes entries out of a state. Entries that are missing or do not fit are collected until finish().
class Entries {
 public:
  explicit Entries(const State& state) : state_(state) {}

  const State& state() const { return state_; }
  bool has(const std::string& name) const { return state_.contains(name); }
  /// The entry of this name; an undefined tensor if there is none.
  Tensor take(const std::string& name) {
    taken_.insert(name);
    const auto found = state_.find(name);
    if (found != state_.end()) return found->second;
    note(missing_, name);
    return Tensor();
  }
  template <class T>
  void number(const std::string& name, T& value) {
    const Tensor entry = take(name);
    if (!entry.defined()) return;
    if (entry.size() != 1 || entry.value().dtype() != dtype_of<T>()) {
      note(different_,
           fmt::format("{} is {} {} and has to be one {}", name, entry.shape(), name_of(entry.value().dtype()), name_of(dtype_of<T>())));
    } else {
      value = entry.value().data<T>()[0];
    }
  }
  Array array(const std::string& name, const Shape& shape, Dtype dtype, const std::string& parameter) {
    const Tensor entry = take(name);
    if (!entry.defined()) return Array();
    if (entry.shape() != shape || entry.value().dtype() != dtype) {
      note(different_, fmt::format("{} is {} {} and parameter {} is {} {}", name, entry.shape(), name_of(entry.value().dtype()), parameter,
                                   shape, name_of(dtype)));
    }
    return entry.value();
  }
  void refuse(const std::string& what) { note(different_, what); }
  /// Throws Error if there are missing, unexpected or different entries; the text lists them.
  void finish(const std::string& who) {
    std::string unexpected;
    for (const auto& [name, tensor] : state_)
      if (!taken_.contains(name)) note(unexpected, name);
    std::string text;
    const auto add = [&](const char* what, const std::string& list) {
      if (!list.empty()) text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", what, list);
    };
    add("missing", missing_);
    add("unexpected", unexpected);
    add("different", different_);
    if (!text.empty()) throw Error(fmt::format("{}: the state does not fit; {}", who, text));
  }

 private:
  static void note(std::string& list, const std::string& text) { list += (list.empty() ? "" : ", ") + text; }

  const State& state_;
  std::set<std::string> taken_;
  std::string missing_, different_;
};

/// Reads numbers from a state and keeps them, each with the address that it is for, until swap() puts them there.
class ReadNumbers final : public NumberVisitor {
 public:
  class Numbers {
   public:
    template <class T>
    void add(T& place, T value) {
      std::get<List<T>>(lists_).emplace_back(&place, value);
    }
    void swap() noexcept {
      const auto swap_each = [](auto& list) {
        for (auto& [place, value] : list) std::swap(*place, value);
      };
      std::apply([&](auto&... list) { (swap_each(list), ...); }, lists_);
    }

   private:
    template <class T>
    using List = std::vector<std::pair<T*, T>>;
    std::tuple<List<double>, List<std::int64_t>, List<bool>> lists_;
  };

  /// While alive, the numbers are at their addresses.
  class Swapped {
   public:
    explicit Swapped(Numbers& numbers) : numbers_(numbers) { numbers_.swap(); }
    ~Swapped() { numbers_.swap(); }
    Swapped(const Swapped&) = delete;
    Swapped& operator=(const Swapped&) = delete;

   private:
    Numbers& numbers_;
  };

  ReadNumbers(Entries& entries, std::string prefix, Numbers& numbers) : entries_(entries), prefix_(std::move(prefix)), numbers_(numbers) {}
  using NumberVisitor::operator();
  void operator()(const std::string& name, double& value) override { read(name, value); }
  void operator()(const std::string& name, std::int64_t& value) override { read(name, value); }
  void operator()(const std::string& name, bool& value) override { read(name, value); }

 private:
  template <class T>
  void read(const std::string& name, T& place) {
    T value = place;
    entries_.number(prefix_ + name, value);
    numbers_.add(place, value);
  }

  Entries& entries_;
  std::string prefix_;
  Numbers& numbers_;
};

}  // namespace reel::optim
