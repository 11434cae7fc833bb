#pragma once
#include <concepts>
#include <cstddef>
#include <string>
#include <utility>

namespace reel::debug {

/// Selects an entry of the tape: by name (the newest entry with that name) or by number, 3 or "#3".
class EntrySelector {
 public:
  EntrySelector(const char* name) : name_(name) {}
  EntrySelector(std::string name) : name_(std::move(name)) {}
  template <std::integral I>
  EntrySelector(I number) : number_(static_cast<std::size_t>(number)), by_number_(true) {}

  bool by_number() const { return by_number_; }
  std::size_t number() const { return number_; }
  const std::string& name() const& { return name_; }
  std::string name() && { return std::move(name_); }

 private:
  std::string name_;
  std::size_t number_ = 0;
  bool by_number_ = false;
};

}  // namespace reel::debug
