#include <reel/core/io/detail/inflate.hpp>

#include <algorithm>
#include <memory>
#include <new>

#include <fmt/format.h>
#include <zlib.h>
#include <reel/core/error.hpp>

namespace reel::io {

namespace {

/// zlib counts in unsigned int.
constexpr std::size_t most_at_once = std::size_t{1} << 30U;

}  // namespace

Inflater::Inflater(std::string_view compressed, const std::string& name, Deflated form) : left_(compressed), name_(name), form_(form) {
  auto stream = std::make_unique<z_stream>();
  constexpr int gzip_only = 16;  // added to the window's size: a gzip header and trailer
  const int code = ::inflateInit2(stream.get(), form == Deflated::gzip ? MAX_WBITS + gzip_only : -MAX_WBITS);
  if (code != Z_OK) throw std::bad_alloc();
  stream_ = stream.release();
}

Inflater::~Inflater() {
  ::inflateEnd(stream_);
  delete stream_;
}

void Inflater::refill() {
  if (stream_->avail_in > 0) return;
  const std::size_t n = std::min(left_.size(), most_at_once);
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(left_.data()));  // zlib does not write to it
  stream_->avail_in = static_cast<uInt>(n);
  left_.remove_prefix(n);
}

/// gzip files may be concatenated: after a member only another member may follow.
bool Inflater::next_member() {
  refill();
  if (form_ != Deflated::gzip || stream_->avail_in == 0) return false;
  return ::inflateReset(stream_) == Z_OK;
}

std::size_t Inflater::read(char* target, std::size_t bytes) {
  std::size_t done = 0;
  while (done < bytes && !ended_) {
    refill();
    const std::size_t room = std::min(bytes - done, most_at_once);
    stream_->next_out = reinterpret_cast<Bytef*>(target + done);
    stream_->avail_out = static_cast<uInt>(room);
    const int code = ::inflate(stream_, Z_NO_FLUSH);
    done += room - stream_->avail_out;
    if (code == Z_STREAM_END) ended_ = !next_member();
    else if (code == Z_BUF_ERROR && stream_->avail_in == 0 && left_.empty())
      throw IoError(fmt::format("{}: the compressed data is cut short", name_));
    else if (code == Z_MEM_ERROR) throw std::bad_alloc();
    else if (code != Z_OK)
      throw IoError(fmt::format("{}: the compressed data is damaged ({})", name_, stream_->msg ? stream_->msg : "zlib gives no reason"));
  }
  return done;
}

bool Inflater::append(std::string& text, std::uint64_t bytes) {
  constexpr std::uint64_t first_step = 1U << 16U;
  while (bytes > 0) {
    // At most doubles the number of bytes that have been decompressed.
    const auto step = static_cast<std::size_t>(std::min(bytes, std::max<std::uint64_t>(first_step, text.size())));
    const std::size_t before = text.size();
    text.resize(before + step);
    const std::size_t n = read(text.data() + before, step);
    text.resize(before + n);
    if (n < step) return false;
    bytes -= n;
  }
  return true;
}

bool Inflater::at_end() {
  char one_more = 0;
  return read(&one_more, 1) == 0 && stream_->avail_in == 0 && left_.empty();
}

}  // namespace reel::io
