#include <reel/nn/data/idx.hpp>

#include <utility>

#include <fmt/format.h>
#include <reel/core/io/idx.hpp>

namespace reel::data {

namespace {

Dataset read(const std::string& images, const std::string& labels, std::vector<std::string> class_names) {
  const Array pictures = io::read_idx_images(images, {}), classes = io::read_idx(labels, {});
  if (classes.dtype() != int64 || classes.rank() != 1)
    throw IoError(fmt::format("{}: it holds {} {}; labels are whole numbers (n,)", labels, classes.dtype() == int64 ? "integers" : "floats",
                              classes.shape()));
  if (classes.size() != pictures.shape()[0])
    throw IoError(fmt::format("{} has {} images, but {} has {} labels", images, pictures.shape()[0], labels, classes.size()));
  const auto known = static_cast<std::int64_t>(class_names.size());
  for (std::size_t i = 0; known > 0 && i < classes.size(); ++i)
    if (const std::int64_t label = classes.data<std::int64_t>()[i]; label < 0 || label >= known)
      throw IoError(fmt::format("{}: label {} is {}; there are names for 0 to {}", labels, i, label, known - 1));
  return {Tensor(pictures), Tensor(classes), {}, std::move(class_names)};
}

}  // namespace

Dataset read_idx(const std::string& images, const std::string& labels, std::vector<std::string> class_names, SourceLocation at) {
  return reel::detail::placed(at, [&] { return read(images, labels, std::move(class_names)); });
}

}  // namespace reel::data
