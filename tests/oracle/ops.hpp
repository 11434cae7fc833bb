#pragma once
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <reel/reel.hpp>

namespace oracle {

using Json = nlohmann::json;

/// One result, or several.
class Outputs {
 public:
  Outputs(reel::Tensor output) : list_{std::move(output)} {}
  Outputs(std::initializer_list<reel::Tensor> outputs) : list_(outputs) {}
  std::size_t size() const { return list_.size(); }
  const reel::Tensor& operator[](std::size_t i) const { return list_[i]; }

 private:
  std::vector<reel::Tensor> list_;
};

/// Calls Reel's op as a case of the reference describes it.
using Op = Outputs (*)(const std::vector<reel::Tensor>& in, const Json& args);

/// Reel's ops by the reference's names; an area each.
using Table = std::map<std::string, Op>;
void add_conv(Table& table);
void add_elementwise(Table& table);
void add_linalg(Table& table);
void add_losses(Table& table);
void add_reduce(Table& table);
void add_sequence(Table& table);
void add_shape(Table& table);

/// Null for an op that Reel does not have.
Op find_op(const std::string& name);

}  // namespace oracle
