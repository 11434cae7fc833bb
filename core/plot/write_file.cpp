#include <reel/core/plot/write_file.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <reel/core/error.hpp>

namespace reel::plot::detail {

namespace {

/// An open file that disappears unless it is renamed.
struct Temporary {
  std::string path;
  int descriptor;

  explicit Temporary(const std::string& target) {
    // A name of its own, never an existing file: others may be writing the same picture, in this process or another.
    int number = 0;
    do {
      path = fmt::format("{}.{}-{}.tmp", target, ::getpid(), number++);
      descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (descriptor < 0 && errno == EEXIST);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (descriptor >= 0) ::close(descriptor);
    if (!path.empty()) ::unlink(path.c_str());
  }

  bool write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor, text.data(), text.size());
      if (written < 0 && errno != EINTR) return false;
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(descriptor) == 0;
  }
  bool rename(const std::string& target) {
    if (std::rename(path.c_str(), target.c_str()) != 0) return false;
    path.clear();
    return true;
  }
};

}  // namespace

void write_file(const std::string& path, std::string_view text) {
  const auto fail = [&] { throw IoError(fmt::format("cannot write {}: {}", path, std::strerror(errno))); };
  Temporary file(path);
  if (file.descriptor < 0) {
    file.path.clear();
    fail();
  }
  if (!file.write(text) || !file.rename(path)) fail();
}

}  // namespace reel::plot::detail
