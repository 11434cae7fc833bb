#include <reel/core/error.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <typeinfo>

namespace reel {

std::string_view SourceLocation::file_name() const {
  const std::string_view path = file;
  return path.substr(path.find_last_of('/') + 1);
}

std::string to_string(SourceLocation location) {
  if (location.line == 0) return {};
  return std::string(location.file_name()) + ':' + std::to_string(location.line);
}

namespace {

template <class E>
[[noreturn]] void throw_with_cause(const std::string& text, std::exception_ptr cause) {
  E error(text);
  error.set_cause(std::move(cause));
  throw error;
}

template <class E>
[[noreturn]] void throw_like(const E& old, const std::string& text) {
  throw_with_cause<E>(text, old.cause());
}

/// Returns the name of the class of the exception that is being handled.
std::string class_thrown() {
  const std::type_info* const type = abi::__cxa_current_exception_type();
  if (!type) return "an unknown exception";
  const std::unique_ptr<char, void (*)(void*)> readable(abi::__cxa_demangle(type->name(), nullptr, nullptr, nullptr), std::free);
  return std::string("it threw ") + (readable ? readable.get() : type->name());
}

std::string with_place(std::string text, const std::string& place, std::string_view op = {}) {
  if (!op.empty() && !text.starts_with(op)) text = std::string(op) + ": " + text;
  return place.empty() || text.ends_with("(" + place + ")") ? text : text + " (" + place + ")";
}

}  // namespace

void detail::rethrow_at(const std::string& place, std::string_view op) {
  try {
    throw;
  } catch (const ShapeError& e) {
    throw_like(e, with_place(e.what(), place, op));
  } catch (const DtypeError& e) {
    throw_like(e, with_place(e.what(), place, op));
  } catch (const GradientError& e) {
    throw_like(e, with_place(e.what(), place, op));
  } catch (const IoError& e) {
    throw_like(e, with_place(e.what(), place, op));
  } catch (const MemoryError& e) {
    throw_like(e, with_place(e.what(), place, op));
  } catch (const Error& e) {
    throw_like(e, with_place(e.what(), place, op));
  }
}

template <class E>
void detail::rethrow_failed(const std::string& failure, const std::string& place) {
  std::string what;
  try {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const MemoryError&) {
    throw;
  } catch (const abi::__forced_unwind&) {
    throw;
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
    what = class_thrown();
  }
  throw_with_cause<E>(with_place(failure + ": " + what, place), std::current_exception());
}

template void detail::rethrow_failed<Error>(const std::string&, const std::string&);
template void detail::rethrow_failed<GradientError>(const std::string&, const std::string&);

}  // namespace reel
