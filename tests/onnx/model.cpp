#include "model.hpp"

#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

namespace onnx_test {

namespace {

using namespace reel;

template <class Message>
Message parse(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Message message;
  if (!file || !message.ParseFromIstream(&file)) throw IoError(path + ": is no ONNX message");
  return message;
}

/// Elements as they lie in memory, or in the field for their type.
template <class Element, class Stored, class Field>
Array array_of(const Shape& shape, const onnx::TensorProto& tensor, const Field& field) {
  Array result(shape, dtype_of<Stored>());
  Stored* const to = result.mutable_data<Stored>();
  if (tensor.has_raw_data()) {
    if (tensor.raw_data().size() != result.size() * sizeof(Element)) throw IoError("a tensor's raw data does not have its shape's size");
    for (std::size_t i = 0; i < result.size(); ++i) {
      Element element;
      std::memcpy(&element, tensor.raw_data().data() + i * sizeof(Element), sizeof(Element));
      to[i] = static_cast<Stored>(element);
    }
  } else {
    if (static_cast<std::size_t>(field.size()) != result.size()) throw IoError("a tensor's data does not have its shape's size");
    for (std::size_t i = 0; i < result.size(); ++i) to[i] = static_cast<Stored>(field[static_cast<int>(i)]);
  }
  return result;
}

Array array_of(const onnx::TensorProto& tensor) {
  if (tensor.dims_size() > static_cast<int>(max_rank)) throw Unsupported("more than 8 axes");
  Shape shape;
  for (const std::int64_t d : tensor.dims()) shape.push_back(static_cast<std::size_t>(d));
  switch (tensor.data_type()) {
    case onnx::TensorProto::FLOAT: return array_of<float, float>(shape, tensor, tensor.float_data());
    case onnx::TensorProto::DOUBLE: return array_of<double, double>(shape, tensor, tensor.double_data());
    case onnx::TensorProto::INT64: return array_of<std::int64_t, std::int64_t>(shape, tensor, tensor.int64_data());
    case onnx::TensorProto::INT32: return array_of<std::int32_t, std::int64_t>(shape, tensor, tensor.int32_data());
    case onnx::TensorProto::INT16: return array_of<std::int16_t, std::int64_t>(shape, tensor, tensor.int32_data());
    case onnx::TensorProto::INT8: return array_of<std::int8_t, std::int64_t>(shape, tensor, tensor.int32_data());
    case onnx::TensorProto::BOOL: return array_of<bool, bool>(shape, tensor, tensor.int32_data());
    default:
      throw Unsupported("element type " + onnx::TensorProto_DataType_Name(static_cast<onnx::TensorProto_DataType>(tensor.data_type())));
  }
}

Attributes attributes_of(const onnx::NodeProto& node) {
  Attributes result;
  for (const onnx::AttributeProto& a : node.attribute()) {
    switch (a.type()) {
      case onnx::AttributeProto::INT: result.integers[a.name()] = a.i(); break;
      case onnx::AttributeProto::FLOAT: result.numbers[a.name()] = static_cast<double>(a.f()); break;
      case onnx::AttributeProto::STRING: result.texts[a.name()] = a.s(); break;
      case onnx::AttributeProto::INTS: result.lists[a.name()] = {a.ints().begin(), a.ints().end()}; break;
      case onnx::AttributeProto::FLOATS: result.number_lists[a.name()] = {a.floats().begin(), a.floats().end()}; break;
      case onnx::AttributeProto::TENSOR: result.tensors[a.name()] = array_of(a.t()); break;
      default: throw Unsupported("attributes that are no numbers or tensors (" + node.op_type() + ")");
    }
  }
  return result;
}

template <class Map, class Value>
Value value_of(const Map& map, const std::string& name, Value otherwise) {
  const auto found = map.find(name);
  return found == map.end() ? otherwise : Value(found->second);
}

}  // namespace

std::int64_t Attributes::integer(const std::string& name, std::int64_t otherwise) const { return value_of(integers, name, otherwise); }
double Attributes::number(const std::string& name, double otherwise) const { return value_of(numbers, name, otherwise); }
std::string Attributes::text(const std::string& name, const std::string& otherwise) const { return value_of(texts, name, otherwise); }
std::optional<std::vector<std::int64_t>> Attributes::list(const std::string& name) const {
  return value_of(lists, name, std::optional<std::vector<std::int64_t>>());
}

Model read_model(const std::string& path) {
  const auto proto = parse<onnx::ModelProto>(path);
  Model model;
  for (const auto& set : proto.opset_import()) {
    if (set.domain().empty() || set.domain() == "ai.onnx") model.version = set.version();
    else throw Unsupported("operators of " + set.domain());
  }
  for (const onnx::NodeProto& node : proto.graph().node())
    model.nodes.push_back(
        {node.op_type(), {node.input().begin(), node.input().end()}, {node.output().begin(), node.output().end()}, attributes_of(node)});
  const auto name_of_tensor = [](const onnx::ValueInfoProto& value) {
    if (!value.type().has_tensor_type()) throw Unsupported("sequences, maps and optional values");
    return value.name();
  };
  for (const auto& value : proto.graph().input()) model.inputs.push_back(name_of_tensor(value));
  for (const auto& value : proto.graph().output()) model.outputs.push_back(name_of_tensor(value));
  for (const onnx::TensorProto& tensor : proto.graph().initializer()) model.initial[tensor.name()] = array_of(tensor);
  return model;
}

Array read_tensor(const std::string& path) { return array_of(parse<onnx::TensorProto>(path)); }

}  // namespace onnx_test
