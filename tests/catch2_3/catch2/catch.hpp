#pragma once
// Catch2 3 under the header name and the words of Catch2 2, which the tests use. Only in the tests' include path, and only where Catch2 3
// is found.
#include <string>

#include <catch2/catch_all.hpp>

namespace Catch {

using Matchers::EndsWith;
using Matchers::Equals;
using Matchers::StartsWith;
using Matchers::VectorContains;

inline auto Contains(const std::string& text) { return Matchers::ContainsSubstring(text); }

}  // namespace Catch

using Catch::Approx;
