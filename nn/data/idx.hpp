#pragma once
#include <string>
#include <vector>

#include <reel/nn/data/dataset.hpp>

namespace reel::data {

/// Images and their classes from a pair of IDX files, as those of MNIST and Fashion-MNIST, gzip-compressed or not: features float32
/// (n, 1, height, width) from 0 to 1, targets int64 (n,). Throws IoError naming file and what is wrong: what io::read_idx_images and
/// io::read_idx refuse, numbers of images and labels that differ, a label that `class_names`, where given, has no name for.
Dataset read_idx(const std::string& images, const std::string& labels, std::vector<std::string> class_names = {},
                 SourceLocation at = SourceLocation::here());

}  // namespace reel::data
