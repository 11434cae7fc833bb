#pragma once
// How PyTorch's keyword arguments are read, so that none is ignored that would change a result.
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <reel/reel.hpp>

#include "ops.hpp"

namespace oracle {

/// The keyword arguments of one optimizer or scheduler. Each is asked for; finish() throws for those that nobody asked for.
class Keywords {
 public:
  Keywords(std::string who, const Json& json) : who_(std::move(who)), json_(json) {
    if (!json.is_object()) throw reel::Error(fmt::format("{}: its options are no object", who_));
    // How something is computed, or what is printed; never a result.
    for (const char* const name : {"foreach", "fused", "capturable", "differentiable", "verbose"}) ignore(name);
  }

  bool has(const std::string& name) const { return json_.contains(name) && !json_.at(name).is_null(); }
  const Json& raw(const std::string& name) {
    taken_.insert(name);
    return json_.at(name);
  }
  void ignore(const std::string& name) { taken_.insert(name); }
  /// value, where it is given and not null.
  template <class T>
  void get(const std::string& name, T& value) {
    taken_.insert(name);
    if (has(name)) value = json_.at(name).get<T>();
  }
  /// One number, or a list of them.
  void get_list(const std::string& name, std::vector<double>& value) {
    taken_.insert(name);
    if (has(name))
      value = json_.at(name).is_array() ? json_.at(name).get<std::vector<double>>() : std::vector{json_.at(name).get<double>()};
  }
  /// One of several words.
  std::size_t word(const std::string& name, const std::vector<std::string>& words) {
    std::string word = words[0];
    get(name, word);
    for (std::size_t i = 0; i < words.size(); ++i)
      if (words[i] == word) return i;
    throw reel::Error(fmt::format("{}: {} is '{}', which is not known", who_, name, word));
  }
  /// last_epoch = -1, a training's start, is the only one that a case can mean.
  void no_last_epoch() {
    std::int64_t last = -1;
    get("last_epoch", last);
    if (last != -1) throw reel::Error(fmt::format("{}: last_epoch is {}, which needs a training that went before", who_, last));
  }
  void finish() const {
    for (const auto& [name, value] : json_.items())
      if (!taken_.contains(name)) throw reel::Error(fmt::format("{} has no option {}", who_, name));
  }

 private:
  std::string who_;
  const Json& json_;
  std::set<std::string> taken_;
};

/// Sets options from keyword arguments of the same names.
class ReadKeywords final : public reel::optim::NumberVisitor {
 public:
  explicit ReadKeywords(Keywords& keywords) : keywords_(keywords) {}
  void operator()(const std::string& name, double& value) override {
    const auto dot = name.find('.');
    if (dot == std::string::npos) return keywords_.get(name, value);
    std::array<double, 2> pair{};
    const std::size_t i = name[dot + 1] == '0' ? 0 : 1;
    pair[i] = value;
    keywords_.get(name.substr(0, dot), pair);
    value = pair[i];
  }
  void operator()(const std::string& name, std::int64_t& value) override { keywords_.get(name, value); }
  void operator()(const std::string& name, bool& value) override { keywords_.get(name, value); }
  using NumberVisitor::operator();

 private:
  Keywords& keywords_;
};

}  // namespace oracle
