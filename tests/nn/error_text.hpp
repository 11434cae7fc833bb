#pragma once
#include <string>
#include <typeinfo>

#include <reel/core/error.hpp>

/// The text of the error of exactly this class that `action` throws.
template <class Expected = reel::Error, class Action>
std::string error_text(Action&& action) {
  try {
    action();
  } catch (const reel::Error& error) {
    if (typeid(error) == typeid(Expected)) return error.what();
    return std::string("another class of error: ") + error.what();
  }
  return "no error";
}

/// error_text() without the place at its end, which has to be in the test's own file.
template <class Expected = reel::Error, class Action>
std::string placed_text(Action&& action, const char* file = __builtin_FILE()) {
  const std::string text = error_text<Expected>(action);
  const std::string place = " (" + std::string(reel::SourceLocation{file, 0}.file_name()) + ":";
  const std::size_t at = text.rfind(place);
  const bool is_at_end = at != std::string::npos && text.find_first_not_of("0123456789", at + place.size()) == text.size() - 1;
  return is_at_end ? text.substr(0, at) : text + " [without the place]";
}
