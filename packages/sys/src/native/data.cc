// Moving bytes between buffers and descriptors.
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "credentials.h"
#include "op.h"
#include "registry.h"

namespace fbsys {
namespace {

struct Read : Op {
  static constexpr size_t kArgs = 4;
  int fd;
  Bytes buffer;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    buffer = a.OutSlice(1, "buffer");
  }
  int64_t Run() { return Sys(read(fd, buffer.data, buffer.length)); }
};

struct Write : Op {
  static constexpr size_t kArgs = 4;
  int fd;
  Bytes buffer;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    buffer = a.InSlice(1, "buffer");
  }
  int64_t Run() { return Sys(write(fd, buffer.data, buffer.length)); }
};

struct Writev2 : Op {
  static constexpr size_t kArgs = 7;
  int fd;
  Bytes first;
  Bytes second;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    first = a.InSlice(1, "first buffer");
    second = a.InSlice(4, "second buffer");
  }
  int64_t Run() {
    const iovec segments[2] = {{first.data, first.length}, {second.data, second.length}};
    return Sys(writev(fd, segments, 2));
  }
};

struct Pread : Op {
  static constexpr size_t kArgs = 5;
  int fd;
  Bytes buffer;
  off_t position;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    buffer = a.OutSlice(1, "buffer");
    position = a.Offset(4, "position");
  }
  int64_t Run() { return Sys(pread(fd, buffer.data, buffer.length, position)); }
};

struct Pwrite : Op {
  static constexpr size_t kArgs = 6;
  int fd;
  Bytes buffer;
  off_t position;
  bool kill_priv;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    buffer = a.InSlice(1, "buffer");
    position = a.Offset(4, "position");
    kill_priv = a.OptionalBool(5, "killPriv");
  }
  int64_t Run() {
    const KillPrivScope scope(kill_priv);
    if (scope.status() < 0) return scope.status();
    return Sys(pwrite(fd, buffer.data, buffer.length, position));
  }
};

// The raw call takes the position as two halves of a long each, of which a 64-bit kernel reads only the first.
static_assert(sizeof(long) == 8, "64-bit Linux only");

struct PreadFlags : Op {
  static constexpr size_t kArgs = 6;
  int fd;
  Bytes buffer;
  off_t position;
  int flags;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    buffer = a.OutSlice(1, "buffer");
    position = a.Offset(4, "position");
    flags = a.Int(5, "flags");
  }
  int64_t Run() {
    const iovec segment = {buffer.data, buffer.length};
    return Sys(syscall(SYS_preadv2, fd, &segment, 1UL, position, 0L, flags));
  }
};

struct PwriteFlags : Op {
  static constexpr size_t kArgs = 7;
  int fd;
  Bytes buffer;
  off_t position;
  int flags;
  bool kill_priv;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    buffer = a.InSlice(1, "buffer");
    position = a.Offset(4, "position");
    flags = a.Int(5, "flags");
    kill_priv = a.OptionalBool(6, "killPriv");
  }
  int64_t Run() {
    const KillPrivScope scope(kill_priv);
    if (scope.status() < 0) return scope.status();
    const iovec segment = {buffer.data, buffer.length};
    return Sys(syscall(SYS_pwritev2, fd, &segment, 1UL, position, 0L, flags));
  }
};

}  // namespace

void RegisterData(Registry& registry) {
  registry.Add("read", Sync<Read>);
  registry.Add("write", Sync<Write>);
  registry.Add("writev2", Sync<Writev2>);
  registry.Add("pread", Sync<Pread>);
  registry.Add("preadAsync", Async<Pread>);
  registry.Add("pwrite", Sync<Pwrite>);
  registry.Add("pwriteAsync", Async<Pwrite>);
  registry.Add("preadFlags", Sync<PreadFlags>);
  registry.Add("preadFlagsAsync", Async<PreadFlags>);
  registry.Add("pwriteFlags", Sync<PwriteFlags>);
  registry.Add("pwriteFlagsAsync", Async<PwriteFlags>);
}

}  // namespace fbsys
