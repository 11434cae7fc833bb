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
