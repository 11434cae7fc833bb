#include <reel/autograd/debug/detail/align.hpp>

#include <algorithm>

namespace reel::debug {

namespace {

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;
using Signed = std::ptrdiff_t;

/// Aligns the rest after the common beginning and end are removed.
class Myers {
 public:
  Myers(const std::size_t* a, std::size_t n, const std::size_t* b, std::size_t m)
      : a_(a), b_(b), n_(static_cast<Signed>(n)), m_(static_cast<Signed>(m)) {}

  /// Whether there are at most this number of differences.
  bool run(std::size_t most) {
    const Signed limit = std::min(static_cast<Signed>(most), n_ + m_);
    std::vector<Signed> reach(2 * static_cast<std::size_t>(limit) + 3, 0);
    const auto at = [&](Signed k) -> Signed& { return reach[static_cast<std::size_t>(k + limit + 1)]; };
    for (Signed d = 0; d <= limit; ++d) {
      for (Signed k = -d; k <= d; k += 2) {
        Signed x = k == -d || (k != d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1;
        Signed y = x - k;
        while (x < n_ && y < m_ && a_[x] == b_[y]) ++x, ++y;
        at(k) = x;
        if (x >= n_ && y >= m_) {
          keep(reach, limit, d);
          return true;
        }
      }
      keep(reach, limit, d);
    }
    return false;
  }

  Pairs pairs() const {
    Pairs found;
    Signed x = n_, y = m_;
    for (Signed d = static_cast<Signed>(rounds_.size()) - 1; d >= 0 && (x > 0 || y > 0); --d) {
      const Signed k = x - y;
      Signed before_x = 0, before_y = 0;
      if (d > 0) {
        const bool down = k == -d || (k != d && reached(d - 1, k - 1) < reached(d - 1, k + 1));
        const Signed from = down ? k + 1 : k - 1;
        before_x = reached(d - 1, from);
        before_y = before_x - from;
      }
      while (x > before_x && y > before_y && x > 0 && y > 0 && a_[x - 1] == b_[y - 1]) {
        --x, --y;
        found.emplace_back(x, y);
      }
      if (d > 0) {
        x = before_x;
        y = before_y;
      }
    }
    std::reverse(found.begin(), found.end());
    return found;
  }

 private:
  /// Round d reaches the diagonals -d to d.
  void keep(const std::vector<Signed>& reach, Signed limit, Signed d) {
    const auto first = reach.begin() + (limit + 1 - d);
    rounds_.emplace_back(first, first + (2 * d + 1));
  }
  Signed reached(Signed d, Signed k) const {
    if (k < -d || k > d) return -1;
    return rounds_[static_cast<std::size_t>(d)][static_cast<std::size_t>(k + d)];
  }

  const std::size_t *a_, *b_;
  Signed n_, m_;
  std::vector<std::vector<Signed>> rounds_;
};

}  // namespace

Pairs align(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b, std::size_t most) {
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t head = 0, tail = 0;
  while (head < shorter && a[head] == b[head]) ++head;
  while (tail < shorter - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  Pairs pairs;
  for (std::size_t i = 0; i < head; ++i) pairs.emplace_back(i, i);
  const std::size_t n = a.size() - head - tail, m = b.size() - head - tail;
  Myers middle(a.data() + head, n, b.data() + head, m);
  if (middle.run(most)) {
    for (const auto& [x, y] : middle.pairs()) pairs.emplace_back(head + x, head + y);
  } else {
    for (std::size_t i = 0; i < std::min(n, m); ++i)
      if (a[head + i] == b[head + i]) pairs.emplace_back(head + i, head + i);
  }
  for (std::size_t i = 0; i < tail; ++i) pairs.emplace_back(a.size() - tail + i, b.size() - tail + i);
  return pairs;
}

}  // namespace reel::debug
