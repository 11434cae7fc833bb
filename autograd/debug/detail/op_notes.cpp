#include <reel/autograd/debug/detail/analysis.hpp>

namespace reel::debug {

namespace {

const OpNotes* notes_of(const Entry& entry) { return entry.output().node()->notes; }

/// The element of an input that goes into element `position` of an output that it broadcasts to.
std::size_t broadcast_position(const Shape& from, const Shape& to, std::size_t position) {
  std::size_t result = 0, stride = 1;
  for (std::size_t axis = to.rank(); axis-- > 0;) {
    const std::size_t index = position % to[axis];
    position /= to[axis];
    const std::size_t missing = to.rank() - from.rank();
    if (axis < missing) continue;
    const std::size_t length = from[axis - missing];
    if (length > 1) result += index * stride;
    stride *= length;
  }
  return result;
}

}  // namespace

std::string domain_of(const Entry& entry) {
  const OpNotes* const notes = notes_of(entry);
  return notes ? notes->domain : "";
}

std::string kink_at(const Entry& entry, std::size_t position) {
  const OpNotes* const notes = notes_of(entry);
  if (!notes || !notes->at_kink) return {};
  const Shape& shape = entry.value().shape();
  std::vector<double> x;
  for (const Tensor& input : entry.inputs()) {
    if (input.size() == 0 || !broadcasts_to(input.shape(), shape)) return {};
    x.push_back(input.value().as_double(broadcast_position(input.shape(), shape, position)));
  }
  return !x.empty() && notes->at_kink(x) ? notes->kink : "";
}

}  // namespace reel::debug
