#pragma once
// Elementwise results that are not computed until somebody reads them. A chain of them is then computed block by block, each block while
// it is in the cache, so that memory is passed over once for the chain and not once for each op. Not installed.
#include <cstddef>
#include <memory>
#include <span>

#include <reel/core/array.hpp>
#include <reel/core/deferral.hpp>
#include <reel/core/kernels/tiles.hpp>
#include <reel/core/pool.hpp>

namespace reel::kernels {

/// Whether an elementwise result of this size is deferred.
inline bool is_deferred(std::size_t elements, Dtype dtype) { return elements > 0 && elements * size_of(dtype) >= deferral_bytes(); }

/// The array that a formula gives for inputs that broadcast to `shape`, to be computed when it is read. Its result may go over inputs
/// that nobody else has by then.
Array defer(const Formula& formula, const Shape& shape, Dtype dtype, std::span<Array> inputs);

/// x repeated to a shape that it broadcasts to, likewise.
Array defer_repeated(const Array& x, const Shape& shape);

class Plan;

/// An array's elements, in pieces: those of a deferred array are computed as they are read, without being stored. That is done once; who
/// reads them again finds them stored. A piece's bits do not depend on how it is cut.
class Stream {
 public:
  explicit Stream(const Array& x);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// One thread's way to read: at most `longest` elements at a time.
  class Reader {
   public:
    Reader(const Stream& stream, std::size_t longest);
    ~Reader();
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
    void compute(std::size_t begin, std::size_t n);

    const Stream& stream_;
    std::size_t bytes_ = 0;
    std::byte* scratch_ = nullptr;  // the elements, then the plan's own
    std::size_t elements_bytes_ = 0;
  };

 private:
  const void* elements_ = nullptr;  // null while they are to be computed
  std::unique_ptr<Plan> plan_;
};

}  // namespace reel::kernels
