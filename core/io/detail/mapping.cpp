#include <reel/core/io/detail/mapping.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/ref_count.hpp>

namespace reel::io {

/// The pages that the mapping and its arrays share.
struct Mapping::Pages {
  RefCount owners;
  char* data = nullptr;
  std::size_t bytes = 0;

  static void release(void* pages) noexcept {
    auto* const mine = static_cast<Pages*>(pages);
    if (!mine->owners.remove()) return;
    if (mine->data) ::munmap(mine->data, mine->bytes);
    delete mine;
  }
};

Mapping::Mapping(const std::string& path) : pages_(nullptr) {
  const InputFile file(path);
  if (!file.size()) throw IoError(fmt::format("cannot map {}: it is a device or a pipe, not a file", path));
  std::unique_ptr<Pages> pages(new Pages);
  pages->bytes = *file.size();
  if (*file.size() > 0) {
    // Private and writable: the kernel copies a page that is written to. Nothing is reserved for pages that are only read.
    void* const data = ::mmap(nullptr, *file.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.descriptor(), 0);
    if (data == MAP_FAILED) throw IoError(fmt::format("cannot map {}: {}", path, std::generic_category().message(errno)));
    pages->data = static_cast<char*>(data);
  }
  pages_ = pages.release();
}

Mapping::~Mapping() { Pages::release(pages_); }

char* Mapping::data() const { return pages_->data; }
std::string_view Mapping::bytes() const { return {pages_->data, pages_->bytes}; }

Array Mapping::array(const Shape& shape, Dtype dtype, char* elements) const {
  Array result = Array::adopt(shape, dtype, elements, pages_, Pages::release);
  pages_->owners.add();
  return result;
}

}  // namespace reel::io
