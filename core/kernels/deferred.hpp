#pragma once
// Elementwise results that are not computed until somebody reads them. A chain of them is then computed block by block, each block while
// it is in the cache, so that memory is passed over once for the chain and not once for each op. Not installed.
#include <cstddef>

#include <reel/core/array.hpp>
#include <reel/core/kernels/tiles.hpp>
#include <reel/core/pool.hpp>

namespace reel::kernels {

/// x repeated to a shape that it broadcasts to, when it is read.
Array defer_repeated(const Array& x, const Shape& shape);

class Plan;

/// An array's elements, in pieces: those of a deferred array are computed as they are read, without being stored. That is done once; who
/// reads them again finds them stored. A piece's bits do not depend on how it is cut.
class Stream {
 public:
  /// The array has to outlive it.
  explicit Stream(const Array& x) {
    if (x.is_computed()) {
      elements_ = x.raw();
    } else {
      plan(x);
    }
  }
  ~Stream() {
    if (plan_) drop_plan();
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// One thread's way to read: at most `longest` elements at a time.
  class Reader {
   public:
    Reader(const Stream& stream, std::size_t longest) : stream_(stream) {
      if (stream.plan_) prepare(longest);
    }
    ~Reader() {
      if (scratch_) pool::deallocate(scratch_, bytes_);
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    /// Elements [begin, begin + n). They stay until the next call.
    template <class T>
    const T* read(std::size_t begin, std::size_t n) {
      if (!scratch_) return static_cast<const T*>(stream_.elements_) + begin;
      compute(begin, n);
      return reinterpret_cast<const T*>(scratch_);
    }

   private:
    void prepare(std::size_t longest);
    void compute(std::size_t begin, std::size_t n);

    const Stream& stream_;
    std::byte* scratch_ = nullptr;  // the elements, then the plan's own
    std::size_t elements_bytes_ = 0, bytes_ = 0;
  };

 private:
  void plan(const Array& x);
  void drop_plan() noexcept;

  const void* elements_ = nullptr;  // null while they are to be computed
  Plan* plan_ = nullptr;
};

}  // namespace reel::kernels
