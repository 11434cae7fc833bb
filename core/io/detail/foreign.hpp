#pragma once
#include <string>
#include <string_view>

namespace reel::io {

/// The end of a message about bytes that are not of the format that was asked for, by what they begin with: "; it looks like a JPEG image;
/// convert it to PNG". Empty when they begin like nothing that is known here.
std::string looks_like(std::string_view bytes);

}  // namespace reel::io
