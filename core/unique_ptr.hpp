#pragma once
#include <utility>

namespace reel {

/// The only owner of a T on the heap. std::unique_ptr would do, but <memory> costs every user a sixth of a second per source file.
template <class T>
class UniquePtr {
 public:
  UniquePtr() = default;
  explicit UniquePtr(T* pointer) : pointer_(pointer) {}
  UniquePtr(UniquePtr&& other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
  UniquePtr& operator=(UniquePtr other) noexcept {
    std::swap(pointer_, other.pointer_);
    return *this;
  }
  ~UniquePtr() { delete pointer_; }

  explicit operator bool() const { return pointer_ != nullptr; }
  T& operator*() const { return *pointer_; }
  T* operator->() const { return pointer_; }
  T* get() const { return pointer_; }

 private:
  T* pointer_ = nullptr;
};

}  // namespace reel
