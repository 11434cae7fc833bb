#include <reel/core/error.hpp>

namespace reel {

std::string_view SourceLocation::file_name() const {
  const std::string_view path = file;
  return path.substr(path.find_last_of('/') + 1);
}

std::string to_string(SourceLocation location) {
  if (location.line == 0) return {};
  return std::string(location.file_name()) + ':' + std::to_string(location.line);
}

void detail::rethrow_at(const std::string& place, std::string_view op) {
  const auto text = [&](const Error& e) {
    std::string what = e.what();
    if (!op.empty() && !what.starts_with(op)) what = std::string(op) + ": " + what;
    return place.empty() || what.ends_with("(" + place + ")") ? what : what + " (" + place + ")";
  };
  try {
    throw;
  } catch (const ShapeError& e) {
    throw ShapeError(text(e));
  } catch (const DtypeError& e) {
    throw DtypeError(text(e));
  } catch (const GradientError& e) {
    throw GradientError(text(e));
  } catch (const IoError& e) {
    throw IoError(text(e));
  } catch (const Error& e) {
    throw Error(text(e));
  }
}

}  // namespace reel
