// Reading the arguments of a native function.
//
// Every getter checks its argument completely (type, range, bounds). The first one that fails makes a
// JavaScript exception pending and the rest do nothing, so that an operation reads all its arguments and asks
// ok() once. Nothing here allocates on the synchronous path.
#ifndef FB_SYS_ARGS_H_
#define FB_SYS_ARGS_H_

#include <node_api.h>

#include <cstddef>
#include <cstdint>

namespace fbsys {

class Bounce;

// PATH_MAX of the kernel, its terminating NUL included.
constexpr size_t kPathMax = 4096;
// 2^53 - 1, the largest integer that a JavaScript number holds exactly.
constexpr int64_t kMaxSafe = 9007199254740991;

// A NUL-terminated copy of a path. The slack of a whole UTF-8 sequence makes truncation visible.
struct Path {
  char text[kPathMax + 4];
};

// Memory of the caller, or of the task when the operation runs on another thread.
struct Bytes {
  uint8_t* data = nullptr;
  size_t length = 0;
};

class Args {
 public:
  static constexpr size_t kMax = 9;

  // `bounce` is set when the operation will run after this call has returned: then buffers are the task's.
  Args(napi_env env, napi_callback_info info, size_t wanted, Bounce* bounce = nullptr)
      : env_(env), bounce_(bounce), count_(wanted) {
    ok_ = napi_get_cb_info(env, info, &count_, argv_, nullptr, nullptr) == napi_ok;
  }

  bool ok() const { return ok_; }
  napi_env env() const { return env_; }
  napi_value raw(size_t i) const { return argv_[i]; }
  // The operation will run after this call has returned, perhaps on another thread.
  bool deferred() const { return bounce_ != nullptr; }

  // A whole number within [min, max]; both ends must be exact as doubles.
  int64_t Integer(size_t i, const char* name, int64_t min, int64_t max) {
    if (!ok_) return 0;
    double number;
    if (napi_get_value_double(env_, argv_[i], &number) != napi_ok) return FailType(name, "a number");
    if (!(number >= static_cast<double>(min) && number <= static_cast<double>(max))) {
      return FailInteger(name, min, max);
    }
    const int64_t whole = static_cast<int64_t>(number);
    if (static_cast<double>(whole) != number) return FailInteger(name, min, max);
    return whole;
  }

  int Fd(size_t i, const char* name) { return static_cast<int>(Integer(i, name, 0, INT32_MAX)); }
  int32_t Int(size_t i, const char* name) {
    return static_cast<int32_t>(Integer(i, name, INT32_MIN, INT32_MAX));
  }
  uint32_t Uint(size_t i, const char* name) { return static_cast<uint32_t>(Integer(i, name, 0, UINT32_MAX)); }
  // A position or length in a file: 0 ... 2^53 - 1.
  int64_t Offset(size_t i, const char* name) { return Integer(i, name, 0, kMaxSafe); }
  // A safe integer of either sign, such as seconds of a time.
  int64_t Signed(size_t i, const char* name) { return Integer(i, name, -kMaxSafe, kMaxSafe); }

  // A descriptor or AT_FDCWD.
  int DirFd(size_t i, const char* name);
  // A trailing descriptor number that may be left out (0).
  int OptionalFd(size_t i, const char* name);
  // A trailing boolean that may be left out (false).
  bool OptionalBool(size_t i, const char* name);
  // A safe integer or a bigint that fits.
  int64_t Int64(size_t i, const char* name);
  uint64_t Uint64(size_t i, const char* name);
  // A path or a name: a string, or bytes that may end with one NUL. Fails on any other NUL.
  void PathOf(size_t i, const char* name, Path* out);

  // Arguments i (Uint8Array), i + 1 (offset) and i + 2 (length): bytes that the operation reads.
  Bytes InSlice(size_t i, const char* name);
  // Likewise bytes that the operation fills, as many as its result says.
  Bytes OutSlice(size_t i, const char* name);
  // A whole Uint8Array of at least `least` bytes that the operation fills completely.
  Bytes OutStruct(size_t i, const char* name, size_t least);
  // A whole Uint8Array that is read and then written back; `undefined` gives no bytes.
  Bytes InOutOptional(size_t i, const char* name);
  // A whole Uint8Array of any length, for operations that are synchronous only.
  Bytes Whole(size_t i, const char* name);
  // A whole typed array of another element type, with at least `least` elements; `count` gets how many.
  int32_t* Int32s(size_t i, const char* name, size_t least, size_t* count);
  uint32_t* Uint32s(size_t i, const char* name, size_t least, size_t* count);
  int64_t* Int64s(size_t i, const char* name, size_t least);
  const double* Float64s(size_t i, const char* name, size_t* count);

  // Throw; they return 0 so that a getter can end with them.
  int FailType(const char* name, const char* wanted);
  int FailRange(const char* name, const char* wanted);

 private:
  int FailInteger(const char* name, int64_t min, int64_t max);
  Bytes View(size_t i, const char* name, napi_typedarray_type type, const char* wanted, size_t* count);
  Bytes Slice(size_t i, const char* name, size_t* offset);

  napi_env env_;
  Bounce* bounce_;
  size_t count_;
  bool ok_;
  napi_value argv_[kMax];
};

// A result or -errno as a JavaScript number.
inline napi_value ToNumber(napi_env env, int64_t value) {
  napi_value result = nullptr;
  if (value >= INT32_MIN && value <= INT32_MAX) {
    napi_create_int32(env, static_cast<int32_t>(value), &result);
  } else {
    napi_create_int64(env, value, &result);
  }
  return result;
}

}  // namespace fbsys

#endif  // FB_SYS_ARGS_H_
