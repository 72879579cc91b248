// Moving bytes between files, buffers and memory of a guest that lies in pieces.
#include <limits.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "credentials.h"
#include "guest_region.h"
#include "op.h"
#include "registry.h"

namespace fbsys {
namespace {

// Part of a sequence of segments [id of a region, offset in it, length], each of three doubles: the bytes
// [skip, skip + wanted) of segments [from, to), as far as there are so many. Four arguments.
class GuestBytes {
 public:
  GuestBytes() = default;
  ~GuestBytes() {
    for (size_t i = 0; i < pinned_; i++) UnpinGuestRegion(pins_[i]);
    if (list_ != inline_) free(list_);
    free(pins_);
  }
  GuestBytes(const GuestBytes&) = delete;
  GuestBytes& operator=(const GuestBytes&) = delete;

  static constexpr size_t kArgs = 4;

  void Parse(Args& a, size_t i, uint64_t wanted) {
    size_t count = 0;
    const double* const segments = a.Float64s(i, "segments", &count);
    const size_t from = static_cast<size_t>(a.Offset(i + 1, "from"));
    const size_t to = static_cast<size_t>(a.Offset(i + 2, "to"));
    uint64_t skip = static_cast<uint64_t>(a.Offset(i + 3, "skip"));
    if (!a.ok()) return;
    if (to > count / 3 || from > to) {
      a.FailRange("from and to", "within the segments");
      return;
    }
    if (!Reserve(to - from, a.deferred())) return;
    for (size_t segment = from; segment < to && wanted > 0; segment++) {
      const double* const at = segments + 3 * segment;
      GuestRegion* const region = FindGuestRegion(a.env(), at[0]);
      uint64_t offset;
      uint64_t length;
      if (region == nullptr || !Whole(at[1], &offset) || !Whole(at[2], &length) || offset > region->length ||
          length > region->length - offset) {
        status_ = -EFAULT;
        return;
      }
      if (skip >= length) {
        skip -= length;
        continue;
      }
      const uint64_t take = std::min(length - skip, wanted);
      Append(region, region->data + offset + skip, take, a.deferred());
      skip = 0;
      wanted -= take;
    }
  }

  // 0, or why the bytes cannot be used: -EFAULT when a segment is not in mapped memory, -ENOMEM.
  int64_t status() const { return status_; }
  const iovec* list() const { return list_; }
  size_t count() const { return count_; }

 private:
  static bool Whole(double value, uint64_t* out) {
    if (!(value >= 0 && value <= static_cast<double>(kMaxSafe))) return false;
    *out = static_cast<uint64_t>(value);
    return static_cast<double>(*out) == value;
  }

  bool Reserve(size_t most, bool pins) {
    if (most > kInline) list_ = static_cast<iovec*>(malloc(most * sizeof(iovec)));
    if (pins) pins_ = static_cast<GuestRegion**>(malloc((most + 1) * sizeof(GuestRegion*)));
    if (list_ == nullptr) list_ = inline_;
    if ((most > kInline && list_ == inline_) || (pins && pins_ == nullptr)) status_ = -ENOMEM;
    return status_ == 0;
  }

  void Append(GuestRegion* region, uint8_t* data, uint64_t length, bool pin) {
    // A region is pinned once per run of segments in it.
    if (pin && (pinned_ == 0 || pins_[pinned_ - 1] != region)) {
      PinGuestRegion(region);
      pins_[pinned_++] = region;
    }
    if (count_ > 0) {
      iovec& last = list_[count_ - 1];
      if (static_cast<uint8_t*>(last.iov_base) + last.iov_len == data) {
        last.iov_len += length;
        return;
      }
    }
    list_[count_++] = iovec{data, length};
  }

  static constexpr size_t kInline = 64;
  iovec inline_[kInline];
  iovec* list_ = inline_;
  size_t count_ = 0;
  GuestRegion** pins_ = nullptr;
  size_t pinned_ = 0;
  int64_t status_ = 0;
};

// One call of `number` (SYS_preadv2 or SYS_pwritev2) per IOV_MAX pieces, until one is short.
int64_t Transfer(long number, const GuestBytes& bytes, int fd, int64_t position, int flags) {
  if (bytes.status() < 0) return bytes.status();
  int64_t total = 0;
  for (size_t i = 0; i < bytes.count();) {
    const size_t batch = std::min<size_t>(bytes.count() - i, IOV_MAX);
    int64_t expected = 0;
    for (size_t k = i; k < i + batch; k++) expected += static_cast<int64_t>(bytes.list()[k].iov_len);
    const int64_t moved = Sys(syscall(number, fd, bytes.list() + i, batch, position + total, 0L, flags));
    if (moved < 0) return total > 0 ? total : moved;
    total += moved;
    if (moved < expected) break;
    i += batch;
  }
  return total;
}

struct PreadvGuest : Op {
  static constexpr size_t kArgs = GuestBytes::kArgs + 4;
  GuestBytes bytes;
  int fd;
  int64_t position;
  int flags;
  void Parse(Args& a) {
    bytes.Parse(a, 0, static_cast<uint64_t>(a.Offset(4, "length")));
    fd = a.Fd(5, "fd");
    position = a.Offset(6, "position");
    flags = a.Int(7, "flags");
  }
  int64_t Run() { return Transfer(SYS_preadv2, bytes, fd, position, flags); }
};

struct PwritevGuest : Op {
  static constexpr size_t kArgs = GuestBytes::kArgs + 5;
  GuestBytes bytes;
  int fd;
  int64_t position;
  int flags;
  bool kill_priv;
  void Parse(Args& a) {
    bytes.Parse(a, 0, static_cast<uint64_t>(a.Offset(4, "length")));
    fd = a.Fd(5, "fd");
    position = a.Offset(6, "position");
    flags = a.Int(7, "flags");
    kill_priv = a.OptionalBool(8, "killPriv");
  }
  int64_t Run() {
    const KillPrivScope scope(kill_priv);
    if (scope.status() < 0) return scope.status();
    return Transfer(SYS_pwritev2, bytes, fd, position, flags);
  }
};

// Copies between the guest and a slice of a buffer; the number of bytes, fewer when the segments end before.
template <bool kToGuest>
struct CopyGuest : Op {
  static constexpr size_t kArgs = GuestBytes::kArgs + 3;
  GuestBytes bytes;
  Bytes buffer;
  void Parse(Args& a) {
    buffer = kToGuest ? a.InSlice(4, "buffer") : a.OutSlice(4, "buffer");
    bytes.Parse(a, 0, buffer.length);
  }
  int64_t Run() {
    if (bytes.status() < 0) return bytes.status();
    uint8_t* at = buffer.data;
    for (size_t i = 0; i < bytes.count(); i++) {
      const iovec& piece = bytes.list()[i];
      memcpy(kToGuest ? piece.iov_base : at, kToGuest ? at : piece.iov_base, piece.iov_len);
      at += piece.iov_len;
    }
    return at - buffer.data;
  }
};

}  // namespace

void RegisterGuestIo(Registry& registry) {
  registry.Add("preadvGuest", Sync<PreadvGuest>);
  registry.Add("preadvGuestAsync", Async<PreadvGuest>);
  registry.Add("pwritevGuest", Sync<PwritevGuest>);
  registry.Add("pwritevGuestAsync", Async<PwritevGuest>);
  registry.Add("copyToGuest", Sync<CopyGuest<true>>);
  registry.Add("copyFromGuest", Sync<CopyGuest<false>>);
}

}  // namespace fbsys
