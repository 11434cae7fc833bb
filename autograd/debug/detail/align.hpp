#pragma once
#include <cstddef>
#include <utility>
#include <vector>

namespace reel::debug {

/// The positions that two sequences have in common, in order: a longest common subsequence, found by E. W. Myers' O(ND) algorithm
/// (Algorithmica 1, 1986). After more than `most` differences, the rest is matched by position where it is equal.
std::vector<std::pair<std::size_t, std::size_t>> align(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b,
                                                       std::size_t most = 1000);

}  // namespace reel::debug
