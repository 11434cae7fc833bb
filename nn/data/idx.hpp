#pragma once
#include <string>
#include <vector>

#include <reel/nn/data/dataset.hpp>

namespace reel::data {

/// Reads images and their classes from a pair of IDX files, such as those of MNIST and Fashion-MNIST, gzip-compressed or not: features
/// float32 (n, 1, height, width) from 0 to 1, targets int64 (n,). Throws IoError, naming the file, for files that io::read_idx_images or
/// io::read_idx refuses, for different numbers of images and labels, and for a label without a name in `class_names`, where it is given.
Dataset read_idx(const std::string& images, const std::string& labels, std::vector<std::string> class_names = {},
                 SourceLocation at = SourceLocation::here());

}  // namespace reel::data
