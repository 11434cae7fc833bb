#include <reel/core/io/file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <reel/core/error.hpp>

namespace reel::io {

namespace {

constexpr std::size_t most_of_a_device = std::size_t{64} << 20;

std::string reason(int code) {
  switch (code) {
    case ENOENT: return "it does not exist";
    case EISDIR: return "it is a directory";
    default: return std::generic_category().message(code);
  }
}

[[noreturn]] void fail_to_read(const std::string& path, int code) { throw IoError(fmt::format("cannot read {}: {}", path, reason(code))); }

/// Where a symbolic link leads, so that the link stays and the file behind it is replaced.
std::string resolve(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  return real ? std::string(real.get()) : path;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "./" : path.substr(0, slash + 1);
}

/// The rename itself survives a crash only once the folder is on the disk. The new file is whole and in place whatever this says.
void sync_folder(const std::string& folder) noexcept {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

InputFile::InputFile(const std::string& path) : path_(path) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) fail_to_read(path_, errno);
  struct stat status {};
  const int failed = ::fstat(descriptor_, &status) != 0 ? errno : S_ISDIR(status.st_mode) ? EISDIR : 0;
  if (failed) {
    ::close(descriptor_);
    fail_to_read(path_, failed);
  }
  if (S_ISREG(status.st_mode)) size_ = static_cast<std::size_t>(status.st_size);
  is_device_ = S_ISCHR(status.st_mode);
}

InputFile::~InputFile() { ::close(descriptor_); }

std::size_t InputFile::read(void* target, std::size_t bytes) {
  std::size_t done = 0;
  while (done < bytes) {
    const ::ssize_t n = ::read(descriptor_, static_cast<char*>(target) + done, bytes - done);
    if (n == 0) break;
    if (n < 0 && errno != EINTR) fail_to_read(path_, errno);
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  if (is_device_ && (taken_ += done) > most_of_a_device)
    throw IoError(fmt::format("cannot read {}: it is a device, and has no end after {} bytes", path_, taken_));
  return done;
}

AtomicFile::AtomicFile(const std::string& path) : path_(path), target_(resolve(path)) {
  check_target();
  open_temporary();
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::fail(int code) const {
  // ENOENT is the folder's: the file itself need not exist.
  throw IoError(fmt::format("cannot write {}: {}", path_, code == ENOENT ? "its folder does not exist" : reason(code)));
}

void AtomicFile::check_target() {
  struct stat status {};
  if (::stat(target_.c_str(), &status) != 0) {
    if (errno != ENOENT || path_.empty() || path_.back() == '/') fail(errno);
    return;
  }
  if (S_ISDIR(status.st_mode)) fail(EISDIR);
  if (!S_ISREG(status.st_mode)) throw IoError(fmt::format("cannot write {}: it is a device or a pipe, not a file to replace", path_));
  // The folder's permissions alone would let a rename replace a file that is write-protected.
  if (::access(target_.c_str(), W_OK) != 0) fail(errno);
  mode_ = status.st_mode & 07777U;
}

void AtomicFile::open_temporary() {
  const std::string folder = folder_of(target_);
  for (int attempt = 0; descriptor_ < 0; ++attempt) {
    std::string name = fmt::format("{}.reel-{}-{}.tmp", folder, ::getpid(), attempt);
    // 0666 lets the umask decide, as for any new file; mkstemp's 0600 would lock other users out.
    descriptor_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ >= 0) temporary_ = std::move(name);
    else if (errno != EEXIST && errno != EINTR) fail(errno);
  }
}

void AtomicFile::write(const void* source, std::size_t bytes) {
  if (descriptor_ < 0) throw IoError(fmt::format("cannot write {}: it has been committed", path_));
  for (std::size_t done = 0; done < bytes;) {
    const ::ssize_t n = ::write(descriptor_, static_cast<const char*>(source) + done, bytes - done);
    if (n < 0 && errno != EINTR) fail(errno);
    if (n > 0) done += static_cast<std::size_t>(n);
  }
}

void AtomicFile::commit() {
  if (descriptor_ < 0) throw IoError(fmt::format("cannot write {}: it has been committed", path_));
  if (mode_ && ::fchmod(descriptor_, *mode_) != 0) fail(errno);
  if (::fsync(descriptor_) != 0) fail(errno);
  if (::close(std::exchange(descriptor_, -1)) != 0) fail(errno);
  const std::string folder = folder_of(target_);  // here: once the new file is in place, nothing may throw
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno);
  temporary_.clear();
  sync_folder(folder);
}

std::string read_file(const std::string& path) {
  InputFile file(path);
  std::string content;
  // The reported size is a hint only: files grow, and those of /proc report 0.
  std::size_t step = std::clamp<std::size_t>(file.size().value_or(0) + 1, 1U << 12U, 1U << 24U);
  for (std::size_t length = 0;; step = length) {
    content.resize(length + step);
    const std::size_t n = file.read(content.data() + length, step);
    length += n;
    if (n < step) {
      content.resize(length);
      return content;
    }
  }
}

void write_file(const std::string& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

}  // namespace reel::io
