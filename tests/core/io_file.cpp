#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include <catch2/catch.hpp>
#include <reel/core/io/detail/names.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/npy.hpp>
#include <reel/core/io/npz.hpp>
#include <reel/core/io/png.hpp>
#include <reel/core/io/safetensors.hpp>

#include "child.hpp"
#include "temporary_folder.hpp"

using namespace reel;
using Catch::Contains;
using Names = std::vector<std::string>;

namespace {

/// Lets files of this process grow to `bytes` only, as a full disk would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limit = old_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit old_{};
};

}  // namespace

TEST_CASE("a file is read back as it was written, whatever its size and bytes") {
  const TemporaryFolder folder;
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 300000U}) {
    std::string content(size, '\0');
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 7);
    io::write_file(folder.path("a"), content);
    CHECK(io::read_file(folder.path("a")) == content);
  }
  CHECK(folder.names() == Names{"a"});
  CHECK(io::read_file(folder.path("a")).capacity() < 300100);  // sized once
  // Files of /proc report a size of 0.
  CHECK_THAT(io::read_file("/proc/self/status"), Contains("Name:"));
}

TEST_CASE("a file that cannot be read is an IoError with the path and the reason") {
  const TemporaryFolder folder;
  CHECK(io_error([&] { io::read_file(folder.path("none")); }) == "cannot read " + folder.path("none") + ": it does not exist");
  CHECK(io_error([&] { io::read_file(folder.path()); }) == "cannot read " + folder.path() + ": it is a directory");
  CHECK_THAT(io_error([&] { io::read_file(folder.file("f", "x") + "/g"); }), Contains("Not a directory"));
  CHECK_THAT(io_error([&] { io::read_file(""); }), Contains("it does not exist"));
}

TEST_CASE("a file that cannot be written is an IoError, and nothing is left behind") {
  const TemporaryFolder folder;
  CHECK(io_error([&] { io::write_file(folder.path("no/file"), "x"); }) ==
        "cannot write " + folder.path("no/file") + ": its folder does not exist");
  CHECK(io_error([&] { io::write_file(folder.path(), "x"); }) == "cannot write " + folder.path() + ": it is a directory");
  CHECK_THAT(io_error([&] { io::write_file("/dev/null", "x"); }), Contains("cannot write /dev/null: it is a device or a pipe"));
  CHECK_THAT(io_error([&] { io::write_file("", "x"); }), Contains("cannot write"));
  CHECK_THAT(io_error([&] { io::write_file(folder.path("new/"), "x"); }), Contains("cannot write"));
  CHECK(folder.names().empty());
}

TEST_CASE("when writing fails midway, the old file stays and the temporary one goes") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a", "old");
  {
    const FileSizeLimit limit(1000);
    CHECK(io_error([&] { io::write_file(path, std::string(5000, 'x')); }) == "cannot write " + path + ": File too large");
  }
  CHECK(io::read_file(path) == "old");
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("an atomic file that is not committed changes nothing") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a", "old");
  {
    io::AtomicFile file(path);
    file.write("new");
    CHECK(folder.names().size() <= 2);
    CHECK(io::read_file(path) == "old");
  }
  CHECK(io::read_file(path) == "old");
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("an atomic file takes no more after commit") {
  const TemporaryFolder folder;
  io::AtomicFile file(folder.path("a"));
  file.write("one ");
  file.write("two");
  file.commit();
  CHECK(io::read_file(folder.path("a")) == "one two");
  CHECK_THAT(io_error([&] { file.write("three"); }), Contains("it has been committed"));
  CHECK_THAT(io_error([&] { file.commit(); }), Contains("it has been committed"));
}

TEST_CASE("a process that is killed while it saves leaves the old file, and nothing else") {
  const TemporaryFolder folder;
  const int nameless = ::open(folder.path().c_str(), O_TMPFILE | O_WRONLY, 0600);
  if (nameless < 0) {
    WARN("skipped: the file system of " << folder.path() << " has no files without a name");
    return;
  }
  ::close(nameless);
  const bool replaces = GENERATE(true, false);
  if (replaces) folder.file("a", "old");
  const std::string ended = in_child([&]() -> std::string {
    io::AtomicFile file(folder.path("a"));
    file.write(std::string(1000000, 'x'));
    ::raise(SIGKILL);
    return "";
  });
  CHECK(ended == "signal 9");
  CHECK(folder.names() == (replaces ? Names{"a"} : Names{}));
  if (replaces) CHECK(io::read_file(folder.path("a")) == "old");
  io::write_file(folder.path("a"), "new");
  CHECK(io::read_file(folder.path("a")) == "new");
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("a new file has the permissions that the umask leaves") {
  const TemporaryFolder folder;
  const ::mode_t before = ::umask(027);
  io::write_file(folder.path("a"), "x");
  ::umask(before);
  struct stat status {};
  REQUIRE(::stat(folder.path("a").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0640U);
}

TEST_CASE("a file that is bind-mounted by itself cannot be replaced, and the message says why") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a", "old");
  const std::string error = in_child([&]() -> std::string {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWNS) != 0) return "not permitted";
    if (::mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) return "not permitted";
    return io_error([&] { io::write_file(path, "new"); });
  });
  if (error == "not permitted") {
    WARN("skipped: this process may not mount");
    return;
  }
  CHECK_THAT(error, Catch::StartsWith("cannot write " + path + ": it is in use as a mount point") && Contains("mount its folder"));
  CHECK(io::read_file(path) == "old");
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("no writer makes a file whose name says that it is another kind") {
  const TemporaryFolder folder;
  const Array image = Array::full({2, 2}, 0.5);
  CHECK(io_error([&] { io::write_png(folder.path("a.jpg"), image); }) ==
        "write_png: " + folder.path("a.jpg") + " ends in .jpg, but what is written is a PNG image; let the name end in .png");
  CHECK_THAT(io_error([&] { io::write_npy(folder.path("a.CSV"), image); }), Contains("ends in .csv, but what is written is a NumPy file"));
  CHECK_THAT(io_error([&] { io::write_npz(folder.path("a.npy"), {}); }), Contains("let the name end in .npz"));
  CHECK_THAT(io_error([&] { io::write_safetensors(folder.path("a.pt"), {}); }), Contains("let the name end in .safetensors"));
  CHECK(folder.names().empty());
  io::write_npy(folder.path("a.v1"), image);
  io::write_png(folder.path("a.PNG"), image);
  io::write_safetensors(folder.path("checkpoint"), {});
  CHECK(folder.names().size() == 3);
}

TEST_CASE("an endless device is an IoError once memory is full") {
#ifndef REEL_TEST_SANITIZED
  CHECK(with_memory(1U << 26U, [] { return io_error([] { io::read_file("/dev/zero"); }); }) ==
        "cannot read /dev/zero: it is a device or a pipe that holds more than fits into memory");
#endif
}

TEST_CASE("two atomic files for one target do not disturb each other") {
  const TemporaryFolder folder;
  io::AtomicFile first(folder.path("a")), second(folder.path("a"));
  first.write("first");
  second.write("second");
  first.commit();
  CHECK(io::read_file(folder.path("a")) == "first");
  second.commit();
  CHECK(io::read_file(folder.path("a")) == "second");
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("replacing a file keeps its permissions and the symbolic link to it") {
  const TemporaryFolder folder;
  const std::string path = folder.file("a", "old"), link = folder.path("link");
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  REQUIRE(::symlink(path.c_str(), link.c_str()) == 0);
  io::write_file(link, "new");
  CHECK(std::filesystem::is_symlink(link));
  CHECK(io::read_file(path) == "new");
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0640U);
}

TEST_CASE("names in messages are quoted, cut and compared") {
  CHECK(io::in_quotes("a b") == "'a b'");
  CHECK(io::in_quotes("a\n\t\x01\x7f") == "'a\\n\\t\\x01\\x7f'");
  CHECK(io::in_quotes(std::string(41, 'x')) == "'" + std::string(40, 'x') + "...'");
  CHECK(io::in_quotes(std::string(39, 'x') + "\xC3\xA4y") == "'" + std::string(39, 'x') + "...'");
  CHECK(io::in_quotes("\xC3\xA4 \xE6\x97\xA5 \xF0\x9F\x8E\x9E") == "'\xC3\xA4 \xE6\x97\xA5 \xF0\x9F\x8E\x9E'");
  CHECK(io::in_quotes("2\xC2\xA0") == "'2\\u00a0'");  // a no-break space
  CHECK(io::in_quotes("\xE2\x80\x8B\xEF\xBB\xBF\xE3\x80\x80\xC2\x85") == "'\\u200b\\ufeff\\u3000\\u0085'");
  CHECK(io::in_quotes("\xFF\xC3(\xED\xA0\x80\xC0\x80\xF8") == "'\\xff\\xc3(\\xed\\xa0\\x80\\xc0\\x80\\xf8'");  // no UTF-8

  const Names names{"weight", "bias", "running_mean"};
  CHECK(io::closest("wieght", names) == "weight");
  CHECK(io::closest("Bias", names) == "bias");
  CHECK(io::closest("gamma", names).empty());
  CHECK(io::closest("x", Names{"y"}).empty());
  CHECK(io::closest(std::string(100000, 'x'), names).empty());

  CHECK(io::list_of(names) == "weight, bias, running_mean");
  CHECK(io::list_of(Names(13, "a")) == "a, a, a, a, a, a, a, a, a, a, a, a, ... (13 in all)");
}
