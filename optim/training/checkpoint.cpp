#include <reel/optim/training/checkpoint.hpp>

#include <algorithm>
#include <bit>
#include <functional>

#include <fmt/format.h>
#include <reel/core/io/safetensors.hpp>
#include <reel/core/random.hpp>
#include <reel/nn/detail/walker.hpp>
#include <reel/optim/state_visitors.hpp>

namespace reel::optim {

namespace {

/// The metadata by which the file says what it is, and which classes wrote it.
constexpr const char* kind_prefix = "reel.checkpoint.";

State random_state() {
  const Generator generator = default_generator();
  return {{"seed", scalar_of(std::bit_cast<std::int64_t>(generator.seed()))},
          {"position", scalar_of(std::bit_cast<std::int64_t>(generator.position()))}};
}

Change prepare_random(const State& state) {
  Entries entries(state);
  std::int64_t seed = 0, position = 0;
  entries.number("seed", seed);
  entries.number("position", position);
  entries.finish("the random generator");
  const Generator generator(std::bit_cast<std::uint64_t>(seed), std::bit_cast<std::uint64_t>(position));
  return Change([generator]() noexcept { set_default_generator(generator); });
}

struct Part {
  std::string name;
  std::string kind;  // its class, where that matters
  std::function<State()> state;
  std::function<Change(const State&)> prepare_load;
};

template <class T>
void add_part(std::vector<Part>& list, const char* name, const char* kind, T* part) {
  if (part)
    list.push_back({name, kind, [part] { return part->state(); }, [part](const State& state) { return part->prepare_load(state); }});
}

std::vector<Part> list_of(const CheckpointParts& parts) {
  std::vector<Part> list;
  add_part(list, "model", "", parts.model);
  add_part(list, "optimizer", parts.optimizer ? parts.optimizer->name() : "", parts.optimizer);
  add_part(list, "scheduler", parts.scheduler ? parts.scheduler->name() : "", parts.scheduler);
  add_part(list, "average", parts.average ? parts.average->name() : "", parts.average);
  add_part(list, "batches", "", parts.batches);
  if (parts.random) list.push_back({"random", "", random_state, prepare_random});
  if (State* const extra = parts.extra) {
    const auto replace = [extra](const State& state) {
      return Change([extra, loaded = state]() mutable noexcept { extra->swap(loaded); });
    };
    list.push_back({"extra", "", [extra] { return *extra; }, replace});
  }
  return list;
}

/// The file's entries of a part, without its prefix.
State entries_of(const Part& part, const io::Safetensors& file, const std::string& path) {
  const auto kind = file.metadata.find(kind_prefix + part.name);
  if (kind == file.metadata.end()) {
    const bool is_checkpoint =
        std::any_of(file.metadata.begin(), file.metadata.end(), [](const auto& entry) { return entry.first.starts_with(kind_prefix); });
    throw IoError(is_checkpoint ? fmt::format("{}: the checkpoint has no {}", path, part.name)
                                : fmt::format("{}: it is no checkpoint of save_checkpoint(), so it has no {}; weights alone are for "
                                              "load_state(load_safetensors(path))",
                                              path, part.name));
  }
  if (kind->second != part.kind) throw IoError(fmt::format("{}: the {} is {} there and {} here", path, part.name, kind->second, part.kind));
  State state;
  const std::string prefix = part.name + ".";
  for (const auto& [name, what] : file.unreadable)
    if (name.starts_with(prefix)) throw IoError(fmt::format("{}: {} is {}, which cannot be read", path, name, what));
  for (const auto& [name, array] : file.tensors)
    if (name.starts_with(prefix)) state.emplace(name.substr(prefix.size()), Tensor(array));
  return state;
}

}  // namespace

void save_checkpoint(const std::string& path, const CheckpointParts& parts, const Metadata& metadata, SourceLocation at) {
  reel::detail::placed(at, [&] {
    io::Arrays arrays;
    Metadata all = metadata;
    for (const Part& part : list_of(parts)) {
      const State state = part.state();
      if (part.name == "model" && state.empty())
        throw Error(fmt::format("save_checkpoint: {} would hold no tensors of the model; {}", path, nn::detail::why_stateless));
      all[kind_prefix + part.name] = part.kind;
      for (const auto& [name, tensor] : state) arrays.emplace(part.name + "." + name, tensor.value());
    }
    io::write_safetensors(path, arrays, all, {});
  });
}

namespace {

Change prepare(const std::string& path, const CheckpointParts& parts, Metadata* metadata) {
  io::Safetensors file = io::read_safetensors(path, {});
  const std::vector<Part> list = list_of(parts);
  std::vector<State> states;
  for (const Part& part : list) states.push_back(entries_of(part, file, path));
  std::vector<Change> changes;
  for (std::size_t i = 0; i < list.size(); ++i) {
    try {
      changes.push_back(list[i].prepare_load(states[i]));
    } catch (const Error& error) {
      throw IoError(fmt::format("{}: {}: {}", path, list[i].name, error.what()));
    }
  }
  std::erase_if(file.metadata, [](const auto& entry) { return entry.first.starts_with(kind_prefix); });
  if (metadata) *metadata = std::move(file.metadata);
  return Change([changes = std::move(changes)]() mutable noexcept {
    for (Change& change : changes) change.commit();
  });
}

}  // namespace

Change prepare_checkpoint(const std::string& path, const CheckpointParts& parts, Metadata* metadata, SourceLocation at) {
  return reel::detail::placed(at, [&] { return prepare(path, parts, metadata); });
}

Metadata load_checkpoint(const std::string& path, const CheckpointParts& parts, SourceLocation at) {
  Metadata metadata;
  prepare_checkpoint(path, parts, &metadata, at).commit();
  return metadata;
}

}  // namespace reel::optim
