#pragma once
#include <cstddef>
#include <initializer_list>
#include <new>
#include <utility>

namespace reel {

/// A vector whose first N elements need no allocation. It only grows. Moving a T must not throw.
template <class T, std::size_t N>
class SmallVector {
 public:
  SmallVector() = default;
  SmallVector(SmallVector&& other) noexcept { take(other); }
  SmallVector(const SmallVector& other) {
    reserve(other.size_);
    for (const T& value : other) push_back(value);
  }
  SmallVector& operator=(SmallVector&& other) noexcept {
    clear();
    take(other);
    return *this;
  }
  SmallVector& operator=(const SmallVector& other) {
    *this = SmallVector(other);
    return *this;
  }
  ~SmallVector() { clear(); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

  void push_back(T value) {
    if (size_ == capacity_) reserve(capacity_ * 2);
    new (data_ + size_) T(std::move(value));
    ++size_;
  }

  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    T* const grown = static_cast<T*>(::operator new(capacity * sizeof(T)));
    move_to(grown);
    drop_heap();
    data_ = grown;
    capacity_ = capacity;
  }

  void clear() noexcept {
    for (std::size_t i = 0; i < size_; ++i) data_[i].~T();
    drop_heap();
    data_ = inline_data();
    size_ = 0;
    capacity_ = N;
  }

 private:
  T* inline_data() { return reinterpret_cast<T*>(storage_); }

  /// Moves the elements to `to` and destroys the old ones.
  void move_to(T* to) noexcept {
    for (std::size_t i = 0; i < size_; ++i) {
      new (to + i) T(std::move(data_[i]));
      data_[i].~T();
    }
  }

  void drop_heap() noexcept {
    if (data_ != inline_data()) ::operator delete(data_);
  }

  void take(SmallVector& other) noexcept {
    if (other.data_ != other.inline_data()) {
      data_ = std::exchange(other.data_, other.inline_data());
      capacity_ = std::exchange(other.capacity_, N);
      size_ = std::exchange(other.size_, 0);
    } else {
      other.move_to(data_);
      size_ = std::exchange(other.size_, 0);
    }
  }

  static_assert(alignof(T) <= alignof(std::max_align_t));
  alignas(T) std::byte storage_[N * sizeof(T)];
  T* data_ = inline_data();
  std::size_t size_ = 0;
  std::size_t capacity_ = N;
};

}  // namespace reel
