#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <reel/core/error.hpp>

namespace reel::io {

/// A file that is open for reading, from its first byte to its last.
class InputFile {
 public:
  /// Throws IoError when `path` does not exist, is a directory, or cannot be opened.
  explicit InputFile(const std::string& path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  /// The size in bytes; nothing for a pipe or a device, whose end only reading finds.
  std::optional<std::size_t> size() const { return size_; }
  /// The file descriptor, which the InputFile owns.
  int descriptor() const { return descriptor_; }
  /// Reads the next `bytes` bytes into `target` and returns how many were read: fewer only at the end. Throws IoError, also for a device
  /// that has more than 64 MiB, as /dev/zero, which never ends.
  std::size_t read(void* target, std::size_t bytes);

 private:
  std::string path_;
  int descriptor_ = -1;
  std::optional<std::size_t> size_;
  bool is_device_ = false;
  std::size_t taken_ = 0;  // from a device
};

/// Replaces a file only when the new content is complete: the bytes go to a temporary file in the same folder, and commit() moves it into
/// place. Without commit(), the old file stays unchanged and the temporary file is removed. Where the file system has files without a name
/// (O_TMPFILE: ext4, xfs, btrfs, tmpfs), a process that is killed before commit() leaves nothing behind; elsewhere it leaves a hidden
/// .reel-PID-N.tmp.
class AtomicFile {
 public:
  /// Throws IoError when the folder does not exist or cannot be written to, or when `path` is a directory, a device or read-only.
  explicit AtomicFile(const std::string& path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  /// Appends; throws IoError.
  void write(const void* source, std::size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Replaces the old file by the new one, on the disk too (fsync, then rename). Throws IoError, and then the old file stays.
  void commit();

 private:
  [[noreturn]] void fail(int code) const;
  void check_target();
  void open_temporary();
  bool open_nameless();
  void put_in_place();

  std::string path_;       // as the user named it, for error messages
  std::string target_;     // where path_ leads when it is a symbolic link
  std::string temporary_;  // empty as long as the temporary file has no name
  int descriptor_ = -1;
  std::optional<unsigned> mode_;  // of the file that is replaced
};

/// Returns all bytes of a file. Throws IoError when `path` does not exist, is a directory, cannot be read, or is a device or pipe with more
/// bytes than memory.
std::string read_file(const std::string& path, SourceLocation at = SourceLocation::here());
/// Replaces the content of a file by `content`, through an AtomicFile. Throws IoError.
void write_file(const std::string& path, std::string_view content, SourceLocation at = SourceLocation::here());

/// Throws IoError if `path` has the ending of another file format than `own` (such as ".npy"), so that no file has a misleading name:
/// "write_npy: a.csv ends in .csv, but what is written is a NumPy file". `written` names the format. Endings that belong to no format pass.
void check_ending(const std::string& path, std::string_view own, std::string_view writer, std::string_view written);

}  // namespace reel::io
