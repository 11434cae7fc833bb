#pragma once
#include <string>
#include <string_view>

namespace reel::io {

/// Returns the end of an error message about bytes of another format than expected, which is recognised by their beginning: "; it looks
/// like a JPEG image; convert it to PNG". Empty for an unknown format.
std::string looks_like(std::string_view bytes);

}  // namespace reel::io
