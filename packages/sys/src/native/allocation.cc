// The size of files, their blocks, and getting them to the disk.
#include <fcntl.h>
#include <unistd.h>

#include "credentials.h"
#include "op.h"
#include "registry.h"

namespace fbsys {
namespace {

struct Ftruncate : Op {
  static constexpr size_t kArgs = 3;
  static constexpr Kind kKind = Kind::kFlush;
  int fd;
  off_t length;
  bool kill_priv;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    length = a.Offset(1, "length");
    kill_priv = a.OptionalBool(2, "killPriv");
  }
  int64_t Run() {
    const KillPrivScope scope(kill_priv);
    if (scope.status() < 0) return scope.status();
    return Sys(ftruncate(fd, length));
  }
};

struct Truncate : Op {
  static constexpr size_t kArgs = 2;
  Path path;
  off_t length;
  void Parse(Args& a) {
    a.PathOf(0, "path", &path);
    length = a.Offset(1, "length");
  }
  int64_t Run() { return Sys(truncate(path.text, length)); }
};

struct Fallocate : Op {
  static constexpr size_t kArgs = 5;
  static constexpr Kind kKind = Kind::kFlush;
  int fd;
  int mode;
  off_t offset;
  off_t length;
  bool kill_priv;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    mode = a.Int(1, "mode");
    offset = a.Offset(2, "offset");
    length = a.Offset(3, "length");
    kill_priv = a.OptionalBool(4, "killPriv");
  }
  int64_t Run() {
    const KillPrivScope scope(kill_priv);
    if (scope.status() < 0) return scope.status();
    return Sys(fallocate(fd, mode, offset, length));
  }
};

struct CopyFileRange : Op {
  static constexpr size_t kArgs = 7;
  static constexpr Kind kKind = Kind::kFlush;
  int from;
  off_t from_offset;
  int to;
  off_t to_offset;
  size_t length;
  unsigned flags;
  bool kill_priv;
  void Parse(Args& a) {
    from = a.Fd(0, "fdIn");
    from_offset = a.Offset(1, "offIn");
    to = a.Fd(2, "fdOut");
    to_offset = a.Offset(3, "offOut");
    length = static_cast<size_t>(a.Offset(4, "length"));
    flags = a.Uint(5, "flags");
    kill_priv = a.OptionalBool(6, "killPriv");
  }
  int64_t Run() {
    const KillPrivScope scope(kill_priv);
    if (scope.status() < 0) return scope.status();
    return Sys(copy_file_range(from, &from_offset, to, &to_offset, length, flags));
  }
};

struct Fsync : Op {
  static constexpr size_t kArgs = 1;
  static constexpr Kind kKind = Kind::kFlush;
  int fd;
  void Parse(Args& a) { fd = a.Fd(0, "fd"); }
  int64_t Run() { return Sys(fsync(fd)); }
};

struct Fdatasync : Op {
  static constexpr size_t kArgs = 1;
  static constexpr Kind kKind = Kind::kFlush;
  int fd;
  void Parse(Args& a) { fd = a.Fd(0, "fd"); }
  int64_t Run() { return Sys(fdatasync(fd)); }
};

struct Syncfs : Op {
  static constexpr size_t kArgs = 1;
  static constexpr Kind kKind = Kind::kFlush;
  int fd;
  void Parse(Args& a) { fd = a.Fd(0, "fd"); }
  int64_t Run() { return Sys(syncfs(fd)); }
};

struct PosixFadvise : Op {
  static constexpr size_t kArgs = 4;
  int fd;
  off_t offset;
  off_t length;
  int advice;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    offset = a.Offset(1, "offset");
    length = a.Offset(2, "length");
    advice = a.Int(3, "advice");
  }
  // The only one of its kind that returns the error number itself.
  int64_t Run() { return -posix_fadvise(fd, offset, length, advice); }
};

}  // namespace

void RegisterAllocation(Registry& registry) {
  registry.Add("ftruncate", Sync<Ftruncate>);
  registry.Add("ftruncateAsync", Async<Ftruncate>);
  registry.Add("truncate", Sync<Truncate>);
  registry.Add("fallocate", Sync<Fallocate>);
  registry.Add("fallocateAsync", Async<Fallocate>);
  registry.Add("copyFileRange", Sync<CopyFileRange>);
  registry.Add("copyFileRangeAsync", Async<CopyFileRange>);
  registry.Add("fsync", Sync<Fsync>);
  registry.Add("fsyncAsync", Async<Fsync>);
  registry.Add("fdatasync", Sync<Fdatasync>);
  registry.Add("fdatasyncAsync", Async<Fdatasync>);
  registry.Add("syncfs", Sync<Syncfs>);
  registry.Add("syncfsAsync", Async<Syncfs>);
  registry.Add("posixFadvise", Sync<PosixFadvise>);
}

}  // namespace fbsys
