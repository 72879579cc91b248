#include "args.h"

#include <fcntl.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "bounce.h"

namespace fbsys {

int Args::FailType(const char* name, const char* wanted) {
  if (!ok_) return 0;
  ok_ = false;
  char message[192];
  snprintf(message, sizeof message, "%s must be %s", name, wanted);
  napi_throw_type_error(env_, "ERR_INVALID_ARG_TYPE", message);
  return 0;
}

int Args::FailRange(const char* name, const char* wanted) {
  if (!ok_) return 0;
  ok_ = false;
  char message[192];
  snprintf(message, sizeof message, "%s must be %s", name, wanted);
  napi_throw_range_error(env_, "ERR_OUT_OF_RANGE", message);
  return 0;
}

int Args::FailInteger(const char* name, int64_t min, int64_t max) {
  char wanted[96];
  snprintf(wanted, sizeof wanted, "a whole number from %" PRId64 " to %" PRId64, min, max);
  return FailRange(name, wanted);
}

int Args::DirFd(size_t i, const char* name) {
  const int fd = static_cast<int>(Integer(i, name, AT_FDCWD, INT32_MAX));
  if (fd < 0 && fd != AT_FDCWD) return FailRange(name, "a descriptor or AT_FDCWD");
  return fd;
}

int Args::OptionalFd(size_t i, const char* name) {
  napi_valuetype type = napi_undefined;
  if (!ok_ || i >= count_ || (napi_typeof(env_, argv_[i], &type) == napi_ok && type == napi_undefined)) return 0;
  return Fd(i, name);
}

bool Args::OptionalBool(size_t i, const char* name) {
  if (!ok_ || i >= count_) return false;
  bool value = false;
  if (napi_get_value_bool(env_, argv_[i], &value) == napi_ok) return value;
  napi_valuetype type;
  if (napi_typeof(env_, argv_[i], &type) == napi_ok && type == napi_undefined) return false;
  return FailType(name, "a boolean");
}

int64_t Args::Int64(size_t i, const char* name) {
  if (!ok_) return 0;
  int64_t value = 0;
  bool lossless = false;
  if (napi_get_value_bigint_int64(env_, argv_[i], &value, &lossless) != napi_ok) return Signed(i, name);
  if (!lossless) return FailRange(name, "within 64 signed bits");
  return value;
}

uint64_t Args::Uint64(size_t i, const char* name) {
  if (!ok_) return 0;
  uint64_t value = 0;
  bool lossless = false;
  if (napi_get_value_bigint_uint64(env_, argv_[i], &value, &lossless) != napi_ok) {
    return static_cast<uint64_t>(Offset(i, name));
  }
  if (!lossless) return static_cast<uint64_t>(FailRange(name, "within 64 unsigned bits"));
  return value;
}

void Args::PathOf(size_t i, const char* name, Path* out) {
  if (!ok_) return;
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env_, argv_[i], &type, &length, &data, nullptr, nullptr) == napi_ok) {
    // Looking again finds what is wrong with it, or that it is empty for a good reason.
    if (type != napi_uint8_array || length == 0) {
      View(i, name, napi_uint8_array, "a string or a Uint8Array", nullptr);
      if (!ok_) return;
    }
    // One byte more than a path may have, for a NUL that the caller left at the end.
    if (length > kPathMax) {
      FailRange(name, "at most 4095 bytes long");
      return;
    }
    if (length > 0) memcpy(out->text, data, length);
    if (length > 0 && out->text[length - 1] == '\0') length--;
  } else if (napi_get_value_string_utf8(env_, argv_[i], out->text, sizeof out->text, &length) != napi_ok) {
    FailType(name, "a string or a Uint8Array");
    return;
  }
  if (length >= kPathMax) {
    FailRange(name, "at most 4095 bytes long");
    return;
  }
  if (memchr(out->text, '\0', length) != nullptr) {
    FailType(name, "without NUL bytes");
    return;
  }
  out->text[length] = '\0';
}

Bytes Args::View(size_t i, const char* name, napi_typedarray_type type, const char* wanted, size_t* count) {
  Bytes bytes;
  if (!ok_) return bytes;
  napi_typedarray_type actual;
  size_t elements = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env_, argv_[i], &actual, &elements, &data, nullptr, nullptr) != napi_ok ||
      actual != type) {
    FailType(name, wanted);
    return bytes;
  }
  if (elements == 0) {
    // Only an empty view can be one of a detached buffer.
    napi_value buffer = nullptr;
    bool detached = true;
    if (napi_get_typedarray_info(env_, argv_[i], nullptr, nullptr, nullptr, &buffer, nullptr) != napi_ok ||
        napi_is_detached_arraybuffer(env_, buffer, &detached) != napi_ok || detached) {
      FailType(name, "a view of a buffer that is not detached");
      return bytes;
    }
  }
  const size_t size = type == napi_uint8_array ? 1 : type == napi_bigint64_array || type == napi_float64_array ? 8 : 4;
  bytes.data = static_cast<uint8_t*>(data);
  bytes.length = elements * size;
  if (count != nullptr) *count = elements;
  return bytes;
}

Bytes Args::Slice(size_t i, const char* name, size_t* offset) {
  Bytes bytes = View(i, name, napi_uint8_array, "a Uint8Array", nullptr);
  const size_t start = static_cast<size_t>(Offset(i + 1, "offset"));
  const size_t length = static_cast<size_t>(Offset(i + 2, "length"));
  if (!ok_) return Bytes();
  if (start > bytes.length || length > bytes.length - start) {
    FailRange("offset + length", "within the buffer");
    return Bytes();
  }
  *offset = start;
  if (bytes.data != nullptr) bytes.data += start;
  bytes.length = length;
  return bytes;
}

Bytes Args::InSlice(size_t i, const char* name) {
  size_t offset = 0;
  const Bytes bytes = Slice(i, name, &offset);
  if (!ok_ || bounce_ == nullptr) return bytes;
  if (bytes.length > kBounceMax) FailRange("length", "at most 64 MiB");
  return ok_ ? bounce_->In(bytes) : bytes;
}

Bytes Args::OutSlice(size_t i, const char* name) {
  size_t offset = 0;
  const Bytes bytes = Slice(i, name, &offset);
  if (!ok_ || bounce_ == nullptr) return bytes;
  if (bytes.length > kBounceMax) FailRange("length", "at most 64 MiB");
  return ok_ ? bounce_->Out(env_, argv_[i], offset, bytes.length, CopyBack::kResult) : bytes;
}

Bytes Args::OutStruct(size_t i, const char* name, size_t least) {
  Bytes bytes = View(i, name, napi_uint8_array, "a Uint8Array", nullptr);
  if (!ok_) return bytes;
  if (bytes.length < least) {
    FailRange(name, "long enough for the structure");
    return bytes;
  }
  bytes.length = least;
  return bounce_ == nullptr ? bytes : bounce_->Out(env_, argv_[i], 0, least, CopyBack::kAll);
}

Bytes Args::InOutOptional(size_t i, const char* name) {
  if (!ok_) return Bytes();
  napi_valuetype type;
  if (napi_typeof(env_, argv_[i], &type) == napi_ok && type == napi_undefined) return Bytes();
  Bytes bytes = View(i, name, napi_uint8_array, "a Uint8Array or undefined", nullptr);
  if (!ok_ || bounce_ == nullptr) return bytes;
  if (bytes.length > kBounceMax) FailRange(name, "at most 64 MiB long");
  return ok_ ? bounce_->InOut(env_, argv_[i], bytes) : bytes;
}

Bytes Args::Whole(size_t i, const char* name) {
  return View(i, name, napi_uint8_array, "a Uint8Array", nullptr);
}

int32_t* Args::Int32s(size_t i, const char* name, size_t least, size_t* count) {
  const Bytes bytes = View(i, name, napi_int32_array, "an Int32Array", count);
  if (ok_ && *count < least) FailRange(name, "long enough");
  return ok_ ? reinterpret_cast<int32_t*>(bytes.data) : nullptr;
}

uint32_t* Args::Uint32s(size_t i, const char* name, size_t least, size_t* count) {
  const Bytes bytes = View(i, name, napi_uint32_array, "a Uint32Array", count);
  if (ok_ && *count < least) FailRange(name, "long enough");
  return ok_ ? reinterpret_cast<uint32_t*>(bytes.data) : nullptr;
}

int64_t* Args::Int64s(size_t i, const char* name, size_t least) {
  size_t count = 0;
  const Bytes bytes = View(i, name, napi_bigint64_array, "a BigInt64Array", &count);
  if (ok_ && count < least) FailRange(name, "long enough");
  return ok_ ? reinterpret_cast<int64_t*>(bytes.data) : nullptr;
}

const double* Args::Float64s(size_t i, const char* name, size_t* count) {
  const Bytes bytes = View(i, name, napi_float64_array, "a Float64Array", count);
  return ok_ ? reinterpret_cast<const double*>(bytes.data) : nullptr;
}

}  // namespace fbsys
