#pragma once
#include <map>
#include <string>

#include <reel/nn/data/batches.hpp>
#include <reel/nn/module.hpp>
#include <reel/optim/optimizer.hpp>
#include <reel/optim/schedules/scheduler.hpp>
#include <reel/optim/training/averaging.hpp>

namespace reel::optim {

/// The parts of a checkpoint; a null part is left out.
struct CheckpointParts {
  nn::Module* model = nullptr;
  Optimizer* optimizer = nullptr;
  Scheduler* scheduler = nullptr;
  data::Batches* batches = nullptr;
  WeightAverage* average = nullptr;
  bool random = true;      ///< the default random generator (dropout, shuffling)
  State* extra = nullptr;  ///< further tensors by name; loading replaces them
};

using Metadata = std::map<std::string, std::string>;

/// Writes the parts into one safetensors file: "model.0.weight", "optimizer.state.0.exp_avg", "scheduler.last_epoch", "batches.order",
/// "random.position", ..., and the given metadata. An existing file is replaced only when the new one is complete. If all parts of a
/// training are saved, resuming from the file gives the same bits as not having stopped. Throws IoError if the file cannot be written,
/// Error for a model without any state.
void save_checkpoint(const std::string& path, const CheckpointParts& parts, const Metadata& metadata = {},
                     SourceLocation at = SourceLocation::here());

/// Loads the parts from a checkpoint, all of them or none; parts of the file that are not asked for are ignored. Returns the metadata.
/// Throws IoError that names the file, the part and what does not fit: a missing part, another optimizer or scheduler, names, shapes,
/// dtypes, or another number of samples.
Metadata load_checkpoint(const std::string& path, const CheckpointParts& parts, SourceLocation at = SourceLocation::here());

/// The first half of load_checkpoint(): throws where something does not fit, and changes nothing. The second half, which cannot fail, is
/// the change's commit().
Change prepare_checkpoint(const std::string& path, const CheckpointParts& parts, Metadata* metadata = nullptr,
                          SourceLocation at = SourceLocation::here());

}  // namespace reel::optim
