#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include <catch2/catch.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/names.hpp>

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
    CHECK(folder.names().size() == 2);
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

  const Names names{"weight", "bias", "running_mean"};
  CHECK(io::closest("wieght", names) == "weight");
  CHECK(io::closest("Bias", names) == "bias");
  CHECK(io::closest("gamma", names).empty());
  CHECK(io::closest("x", Names{"y"}).empty());
  CHECK(io::closest(std::string(100000, 'x'), names).empty());

  CHECK(io::list_of(names) == "weight, bias, running_mean");
  CHECK(io::list_of(Names(13, "a")) == "a, a, a, a, a, a, a, a, a, a, a, a, ... (13 in all)");
}
