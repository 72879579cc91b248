#include "bounce.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace fbsys {
namespace {

std::atomic<size_t> budget_used{0};
// Direct I/O wants memory aligned to the logical block of the device; a page satisfies all.
constexpr size_t kAlignment = 4096;

}  // namespace

Bounce::~Bounce() {
  if (memory_ == nullptr) return;
  free(memory_);
  budget_used.fetch_sub(length_);
}

bool Bounce::Allocate(size_t length) {
  if (length == 0) return true;
  if (budget_used.fetch_add(length) + length <= kBounceBudget) {
    const size_t rounded = (length + kAlignment - 1) / kAlignment * kAlignment;
    // Small structures need no page of their own.
    void* memory = length < kAlignment ? malloc(length) : aligned_alloc(kAlignment, rounded);
    if (memory != nullptr) {
      memory_ = static_cast<uint8_t*>(memory);
      length_ = length;
      return true;
    }
  }
  budget_used.fetch_sub(length);
  refused_ = true;
  return false;
}

Bytes Bounce::In(Bytes from) {
  if (!Allocate(from.length) || from.length == 0) return Bytes();
  memcpy(memory_, from.data, from.length);
  return Bytes{memory_, from.length};
}

Bytes Bounce::Out(napi_env env, napi_value view, size_t offset, size_t length, CopyBack back) {
  if (!Allocate(length) || length == 0) return Bytes();
  if (napi_create_reference(env, view, 1, &view_) != napi_ok) {
    refused_ = true;
    return Bytes();
  }
  offset_ = offset;
  back_ = back;
  return Bytes{memory_, length};
}

Bytes Bounce::InOut(napi_env env, napi_value view, Bytes from) {
  const Bytes own = Out(env, view, 0, from.length, CopyBack::kAlways);
  if (own.length > 0) memcpy(own.data, from.data, own.length);
  return own;
}

void Bounce::Return(napi_env env, int64_t result) {
  if (view_ == nullptr || (result < 0 && back_ != CopyBack::kAlways)) return;
  size_t length = length_;
  if (back_ == CopyBack::kResult && static_cast<uint64_t>(result) < length) length = static_cast<size_t>(result);
  napi_value view = nullptr;
  size_t now = 0;
  void* data = nullptr;
  if (napi_get_reference_value(env, view_, &view) != napi_ok || view == nullptr) return;
  if (napi_get_typedarray_info(env, view, nullptr, &now, &data, nullptr, nullptr) != napi_ok) return;
  if (data == nullptr || offset_ >= now) return;
  if (length > now - offset_) length = now - offset_;
  memcpy(static_cast<uint8_t*>(data) + offset_, memory_, length);
}

void Bounce::Release(napi_env env) {
  if (view_ != nullptr) napi_delete_reference(env, view_);
  view_ = nullptr;
}

}  // namespace fbsys
