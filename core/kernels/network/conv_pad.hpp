#pragma once
// Zero-padded copies of planes in which the places that one kernel tap reads are as far apart as the outputs.
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace reel::kernels {

/// One axis of a padded plane: its element m is element stride·m + phase - padding of the source, or 0 where there is none.
struct PlaneAxis {
  std::size_t source, length, stride, phase;
  std::ptrdiff_t padding;

  /// Returns the range [first, last) of elements that have a source.
  std::pair<std::size_t, std::size_t> inside() const {
    const auto step = static_cast<std::ptrdiff_t>(stride), shift = padding - static_cast<std::ptrdiff_t>(phase);
    const auto at_least = [&](std::ptrdiff_t i) {  // the first m with stride·m >= i
      return static_cast<std::size_t>(
          std::clamp<std::ptrdiff_t>(i <= 0 ? 0 : (i + step - 1) / step, 0, static_cast<std::ptrdiff_t>(length)));
    };
    const std::size_t first = at_least(shift);
    return {first, std::max(first, at_least(static_cast<std::ptrdiff_t>(source) + shift))};
  }
  /// The source of element m, which must be inside().
  std::size_t at(std::size_t m) const { return static_cast<std::size_t>(static_cast<std::ptrdiff_t>(stride * m + phase) - padding); }
};

/// Writes the padded plane (or volume) of one channel of one image.
void fill_plane(const PlaneAxis (&axes)[3], const float* from, float* to);
void fill_plane(const PlaneAxis (&axes)[3], const double* from, double* to);
/// The transpose of fill_plane: adds each element that has a source to its source.
void add_plane(const PlaneAxis (&axes)[3], const float* from, float* to);
void add_plane(const PlaneAxis (&axes)[3], const double* from, double* to);

/// The padded planes of one group's channels for a few images, [phase][channel][image][depth][height][width]. With a stride s there is one
/// plane of every s-th element for each remainder of a tap's distance modulo s (a phase), so that neighbouring outputs read neighbouring
/// elements for every tap.
struct Planes {
  std::size_t channels = 0;                 // channels per group
  std::size_t lengths[3] = {}, volume = 0;  // padded; of one image
  std::vector<PlaneAxis> axes[3];           // one per phase
  std::size_t phases() const { return axes[0].size() * axes[1].size() * axes[2].size(); }

  void finish() {
    volume = 1;
    for (std::size_t a = 0; a < 3; ++a) volume *= lengths[a] = axes[a][0].length;
  }
  /// Returns how many images are worked on at once: parts of nearly equal size that fit into the second-level cache together with `beside`
  /// further numbers per image, for any number of threads. `element` is the size of a number in bytes.
  std::size_t images_at_once(std::size_t images, std::size_t element, std::size_t beside = 0) const;
  std::size_t plane(std::size_t phase, std::size_t channel, std::size_t images) const {
    return (phase * channels + channel) * images * volume;
  }
  std::size_t offset(std::size_t d, std::size_t h, std::size_t w) const { return (d * lengths[1] + h) * lengths[2] + w; }
};

/// Copies `images` images of x, which lie `image_step` elements apart, into planes, followed by one SIMD vector of zeros.
void fill_planes(const Planes& planes, const float* x, std::size_t images, std::size_t image_step, float* to);
void fill_planes(const Planes& planes, const double* x, std::size_t images, std::size_t image_step, double* to);

}  // namespace reel::kernels
