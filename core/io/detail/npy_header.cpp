#include <reel/core/io/detail/npy_header.hpp>

#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/io/detail/foreign.hpp>
#include <reel/core/io/detail/names.hpp>
#include <reel/core/shape.hpp>

namespace reel::io {

namespace {

constexpr std::string_view magic = "\x93NUMPY";

/// A dictionary of three keys as Python prints it, and nothing else of Python's: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3),
/// }
class DictReader {
 public:
  DictReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  NpyHeader read() {
    expect('{');
    while (!next_is('}')) {
      read_item();
      if (!next_is(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ < text_.size()) fail("there is something behind the dictionary");
    const char* const lacking = !has_descr_ ? "descr" : !has_order_ ? "fortran_order" : !has_shape_ ? "shape" : nullptr;
    if (lacking) fail(fmt::format("it has no {}", lacking));
    return std::move(header_);
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw IoError(fmt::format("{}: the header, {}, at its character {}: {}", name_, in_quotes(text_), at_ + 1, what));
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
  }
  /// Steps over `c` where it is the next character.
  bool next_is(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!next_is(c)) fail(fmt::format("there should be '{}'", c));
  }
  std::string read_text() {
    const char quote = next_is('\'') ? '\'' : next_is('"') ? '"' : '\0';
    if (!quote) fail("there should be a text in quotes");
    const std::size_t end = text_.find(quote, at_);
    const std::string_view text = text_.substr(at_, end == text_.npos ? end : end - at_);
    if (end == text_.npos) fail("a text in quotes does not end");
    if (text.find('\\') != text.npos) fail("there is a backslash in a text");
    at_ = end + 1;
    return std::string(text);
  }
  bool read_bool() {
    skip_space();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    fail("there should be True or False");
  }
  std::uint64_t read_length() {
    skip_space();
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{}) fail("there should be a length, a whole number from 0 to 2^64 - 1");
    at_ = static_cast<std::size_t>(stop - text_.data());
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2's long integers
    return value;
  }
  void read_shape() {
    expect('(');
    while (!next_is(')')) {
      if (header_.shape.size() == max_rank) fail(fmt::format("there are more than {} axes, the most that an array can have", max_rank));
      header_.shape.push_back(read_length());
      if (!next_is(',')) {
        if (header_.shape.size() == 1) fail("a shape of one length ends in a comma");
        expect(')');
        break;
      }
    }
  }
  void read_item() {
    const std::string key = read_text();
    bool* const seen = key == "descr" ? &has_descr_ : key == "fortran_order" ? &has_order_ : key == "shape" ? &has_shape_ : nullptr;
    if (!seen) fail(fmt::format("the key {} is none of descr, fortran_order and shape", in_quotes(key)));
    if (std::exchange(*seen, true)) fail(fmt::format("{} is there twice", key));
    expect(':');
    if (seen == &has_order_) header_.fortran_order = read_bool();
    else if (seen == &has_shape_) read_shape();
    else if (skip_space(); at_ < text_.size() && text_[at_] == '[') fail("arrays of structures cannot be read");
    else header_.descr = read_text();
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  NpyHeader header_;
  bool has_descr_ = false, has_order_ = false, has_shape_ = false;
};

}  // namespace

std::size_t npy_prefix_bytes(std::string_view first_bytes) { return first_bytes.size() > 6 && first_bytes[6] != 1 ? 12 : 10; }

std::size_t npy_data_begin(std::string_view prefix, std::size_t file_bytes, const std::string& name) {
  const auto fail = [&](const std::string& what) { throw IoError(fmt::format("{}: {}", name, what)); };
  if (!prefix.starts_with(magic))
    fail(fmt::format("it begins with {}; a .npy file begins with \\x93NUMPY{}", in_quotes(prefix.substr(0, 6)), looks_like(prefix)));
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(prefix[i])}; };
  if (prefix.size() < 8) fail("the file ends before its version");
  const std::uint32_t major = byte(6), minor = byte(7);
  if (major < 1 || major > 3 || minor != 0)
    fail(fmt::format("version {}.{} of the format is not known; 1.0, 2.0 and 3.0 are", major, minor));
  const std::size_t begin = npy_prefix_bytes(prefix);
  if (prefix.size() < begin) fail("the file ends within the length of its header");
  std::size_t length = byte(8) | byte(9) << 8U;
  if (major > 1) length |= byte(10) << 16U | byte(11) << 24U;
  if (length > file_bytes - begin)
    fail(fmt::format("the header is said to have {} bytes; the file has {} after the length", length, file_bytes - begin));
  return begin + length;
}

NpyHeader parse_npy_header(std::string_view bytes, const std::string& name) {
  const std::size_t begin = npy_prefix_bytes(bytes), end = npy_data_begin(bytes, bytes.size(), name);
  NpyHeader header = DictReader(bytes.substr(begin, end - begin), name).read();
  header.data_begin = end;
  return header;
}

}  // namespace reel::io
