#include <reel/core/io/safetensors.hpp>
#include <reel/nn/module.hpp>

namespace reel {

void save_safetensors(const std::string& path, const State& state, const std::map<std::string, std::string>& metadata) {
  io::Arrays arrays;
  for (const auto& [name, tensor] : state) arrays.emplace(name, tensor.value());
  io::write_safetensors(path, arrays, metadata);
}

State load_safetensors(const std::string& path) {
  State state;
  for (auto& [name, array] : io::read_safetensors(path).tensors) state.emplace(name, Tensor(std::move(array)));
  return state;
}

}  // namespace reel
