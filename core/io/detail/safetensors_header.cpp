#include <reel/core/io/detail/safetensors_header.hpp>

#include <nlohmann/json.hpp>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/io/detail/names.hpp>

namespace reel::io {

namespace {

using Json = nlohmann::json;

/// Takes the parser's events. The form allows three levels, and whatever does not fit is thrown at once, so depth is bounded.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderReader(const std::string& path) : path_(path) {}
  SafetensorsHeader take() { return std::move(header_); }

  bool null() override { reject("null"); }
  bool boolean(bool) override { reject("true or false"); }
  bool number_integer(number_integer_t value) override { reject(fmt::format("the negative number {}", value)); }
  bool number_float(number_float_t, const string_t& text) override { reject(fmt::format("the number {}", in_quotes(text))); }
  bool binary(binary_t&) override { reject("binary"); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& value) override;
  bool start_object(std::size_t) override;
  bool key(string_t& name) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    throw IoError(fmt::format("{}: the header is not JSON (at its byte {})", path_, position));
  }

 private:
  enum class Place { outside, names, metadata, tensor, shape, offsets };

  [[noreturn]] void fail(std::string_view rule) const { throw IoError(fmt::format("{}: tensor {}: {}", path_, in_quotes(name_), rule)); }
  [[noreturn]] void fail_metadata(std::string_view rule) const { throw IoError(fmt::format("{}: {}: {}", path_, metadata_name, rule)); }
  [[noreturn]] void reject(std::string_view found) const;
  void add_field(const std::string& field);
  void end_tensor();

  const std::string& path_;
  SafetensorsHeader header_;
  Place place_ = Place::outside;
  std::string name_;
  std::string key_;  // in metadata or in a tensor
  TensorEntry* entry_ = nullptr;
  bool has_metadata_ = false, has_dtype_ = false, has_shape_ = false, has_offsets_ = false;
};

void HeaderReader::reject(std::string_view found) const {
  switch (place_) {
    case Place::outside: throw IoError(fmt::format("{}: the header is {}; it must be an object", path_, found));
    case Place::names:
      if (name_ == metadata_name) fail_metadata(fmt::format("it is {}; it must be an object of texts", found));
      fail(fmt::format("it is {}; it must be an object with dtype, shape and data_offsets", found));
    case Place::metadata: fail_metadata(fmt::format("{} is {}; it must be a text", in_quotes(key_), found));
    case Place::tensor: fail(fmt::format("{} is {}; it must be a {}", key_, found, key_ == "dtype" ? "text" : "list of whole numbers"));
    default: fail(fmt::format("{} holds {}; it must hold whole numbers from 0 to 2^64 - 1", key_, found));
  }
}

bool HeaderReader::number_unsigned(number_unsigned_t value) {
  if (place_ == Place::shape) {
    if (entry_->shape.size() == max_rank) fail(fmt::format("shape has more than {} axes, the most that an array can have", max_rank));
    entry_->shape.push_back(value);
  } else if (place_ == Place::offsets) {
    if (entry_->offsets.size() == 2) fail("data_offsets holds more than two numbers; it must hold begin and end");
    entry_->offsets.push_back(value);
  } else {
    reject(fmt::format("the number {}", value));
  }
  return true;
}

bool HeaderReader::string(string_t& value) {
  if (place_ == Place::metadata) header_.metadata[key_] = std::move(value);
  else if (place_ == Place::tensor && key_ == "dtype") entry_->dtype = std::move(value);
  else reject("a text");
  return true;
}

bool HeaderReader::start_object(std::size_t) {
  if (place_ == Place::outside) {
    place_ = Place::names;
  } else if (place_ == Place::names) {
    place_ = name_ == metadata_name ? Place::metadata : Place::tensor;
  } else {
    reject("an object");
  }
  return true;
}

bool HeaderReader::key(string_t& name) {
  if (place_ == Place::tensor) {
    add_field(name);
  } else if (place_ == Place::metadata) {
    key_ = name;
    if (header_.metadata.contains(name)) fail_metadata(fmt::format("{} is there twice", in_quotes(name)));
  } else {
    name_ = name;
    if (name == metadata_name) {
      if (std::exchange(has_metadata_, true)) fail_metadata("it is there twice");
      return true;
    }
    const auto [place, is_new] = header_.tensors.try_emplace(name);
    if (!is_new) fail("the header names it twice");
    entry_ = &place->second;
    has_dtype_ = has_shape_ = has_offsets_ = false;
  }
  return true;
}

void HeaderReader::add_field(const std::string& field) {
  bool* const seen = field == "dtype" ? &has_dtype_ : field == "shape" ? &has_shape_ : field == "data_offsets" ? &has_offsets_ : nullptr;
  if (!seen) fail(fmt::format("the field {} is none of dtype, shape and data_offsets", in_quotes(field)));
  if (std::exchange(*seen, true)) fail(fmt::format("the field {} is there twice", field));
  key_ = field;
}

bool HeaderReader::end_object() {
  if (place_ == Place::tensor) end_tensor();
  place_ = place_ == Place::names ? Place::outside : Place::names;
  return true;
}

void HeaderReader::end_tensor() {
  const char* const lacking = !has_dtype_ ? "dtype" : !has_shape_ ? "shape" : !has_offsets_ ? "data_offsets" : nullptr;
  if (lacking) fail(fmt::format("it has no {}", lacking));
  if (entry_->offsets.size() != 2) fail(fmt::format("data_offsets holds {} numbers; it must hold begin and end", entry_->offsets.size()));
}

bool HeaderReader::start_array(std::size_t) {
  if (place_ == Place::tensor && key_ == "shape") place_ = Place::shape;
  else if (place_ == Place::tensor && key_ == "data_offsets") place_ = Place::offsets;
  else reject("a list");
  return true;
}

bool HeaderReader::end_array() {
  place_ = Place::tensor;
  return true;
}

}  // namespace

SafetensorsHeader parse_safetensors_header(const std::string& path, std::string_view json) {
  if (!json.starts_with('{'))
    throw IoError(fmt::format("{}: the header begins with {}; it must be a JSON object", path, in_quotes(json.substr(0, 1))));
  HeaderReader reader(path);
  Json::sax_parse(json.begin(), json.end(), &reader);
  return reader.take();
}

}  // namespace reel::io
