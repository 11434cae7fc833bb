#pragma once
#include <utility>

namespace reel {

/// The only owner of a T on the heap. std::unique_ptr would do, but <memory> costs every user a sixth of a second a source file.
template <class T>
class Owned {
 public:
  Owned() = default;
  explicit Owned(T* pointer) : pointer_(pointer) {}
  Owned(Owned&& other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
  Owned& operator=(Owned other) noexcept {
    std::swap(pointer_, other.pointer_);
    return *this;
  }
  ~Owned() { delete pointer_; }

  explicit operator bool() const { return pointer_ != nullptr; }
  T& operator*() const { return *pointer_; }
  T* operator->() const { return pointer_; }
  T* get() const { return pointer_; }

 private:
  T* pointer_ = nullptr;
};

}  // namespace reel
