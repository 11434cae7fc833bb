#include <reel/core/io/file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <string_view>
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
    case EBUSY:
      return "it is in use as a mount point, as a file that is bind-mounted by itself is; such a file cannot be replaced, so mount its "
             "folder";
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

/// The path by which the system knows an open file, whether it has a name or not.
std::string path_of(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

/// The rename itself survives a crash only once the folder is on the disk. The new file is complete and in place even if this fails.
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
  // ENOENT means that the folder does not exist: the file itself need not exist.
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

namespace {

/// Calls `make` with unused names until it succeeds, and returns that name; returns an empty name, with errno set, if it fails for another
/// reason than that the name exists.
template <class F>
std::string with_new_name(const std::string& folder, const F& make) {
  for (int attempt = 0;; ++attempt) {
    std::string name = fmt::format("{}.reel-{}-{}.tmp", folder, ::getpid(), attempt);
    if (make(name)) return name;
    if (errno != EEXIST && errno != EINTR) return {};
  }
}

// 0666 lets the umask decide, as for any new file; mkstemp's 0600 would lock other users out.
constexpr ::mode_t new_file_mode = 0666;

}  // namespace

bool AtomicFile::open_nameless() {
#ifdef O_TMPFILE
  descriptor_ = ::open(folder_of(target_).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, new_file_mode);
  if (descriptor_ < 0) return false;
  // Without /proc the file could not get a name later.
  if (::access(path_of(descriptor_).c_str(), F_OK) == 0) return true;
  ::close(std::exchange(descriptor_, -1));
#endif
  return false;
}

void AtomicFile::open_temporary() {
  if (open_nameless()) return;
  temporary_ = with_new_name(folder_of(target_), [&](const std::string& name) {
    descriptor_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, new_file_mode);
    return descriptor_ >= 0;
  });
  if (descriptor_ < 0) fail(errno);
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
  const std::string folder = folder_of(target_);  // here: once the new file is in place, nothing may throw
  put_in_place();
  sync_folder(folder);
}

void AtomicFile::put_in_place() {
  if (temporary_.empty()) {
    const std::string source = path_of(descriptor_);
    const auto link_to = [&](const std::string& name) {
      return ::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
    };
    // A link cannot replace a file, so only a new file gets its name at once.
    if (!mode_ && link_to(target_)) {
      ::close(std::exchange(descriptor_, -1));
      return;
    }
    temporary_ = with_new_name(folder_of(target_), link_to);
    if (temporary_.empty()) fail(errno);
  }
  if (::close(std::exchange(descriptor_, -1)) != 0) fail(errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno);
  temporary_.clear();
}

namespace {

std::string read_all(const std::string& path) {
  InputFile file(path);
  std::string content;
  // One byte more than the size that is reported, in order to see the end. That size is a hint only: files grow, and those of /proc report
  // 0.
  std::size_t step = std::max<std::size_t>(file.size().value_or(0) + 1, 1U << 12U);
  try {
    for (std::size_t length = 0;; step = length) {
      content.resize(length + step);
      const std::size_t n = file.read(content.data() + length, step);
      length += n;
      if (n < step) {
        content.resize(length);
        return content;
      }
    }
  } catch (const std::bad_alloc&) {
    if (file.size()) throw;
    throw IoError(fmt::format("cannot read {}: it is a device or a pipe that holds more than fits into memory", path));
  }
}

/// Endings that say what a file is.
constexpr std::array endings{".bmp",  ".csv",   ".eps", ".gif",  ".gz",   ".h5",   ".hdf5", ".html", ".idx", ".jpeg",       ".jpg",
                             ".json", ".keras", ".npy", ".npz",  ".onnx", ".pdf",  ".pkl",  ".png",  ".ps",  ".pt",         ".pth",
                             ".svg",  ".svgz",  ".tif", ".tiff", ".tsv",  ".webp", ".xls",  ".xlsx", ".zip", ".safetensors"};

}  // namespace

void check_ending(const std::string& path, std::string_view own, std::string_view writer, std::string_view written) {
  std::string ending = std::filesystem::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (ending != own && std::find(endings.begin(), endings.end(), ending) != endings.end())
    throw IoError(fmt::format("{}: {} ends in {}, but what is written is {}; let the name end in {}", writer, path, ending, written, own));
}

std::string read_file(const std::string& path, SourceLocation at) {
  return detail::placed(at, [&] { return read_all(path); });
}

void write_file(const std::string& path, std::string_view content, SourceLocation at) {
  detail::placed(at, [&] {
    AtomicFile file(path);
    file.write(content);
    file.commit();
  });
}

}  // namespace reel::io
