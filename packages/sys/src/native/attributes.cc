// Changing owner, mode and times.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "op.h"
#include "registry.h"

// Linux 6.6; the number is the same on every architecture.
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
// Linux 5.8.
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

namespace fbsys {
namespace {

struct Fchmodat : Op {
  static constexpr size_t kArgs = 4;
  int dirfd;
  Path path;
  uint32_t mode;
  unsigned flags;
  void Parse(Args& a) {
    dirfd = a.DirFd(0, "dirfd");
    a.PathOf(1, "path", &path);
    mode = a.Uint(2, "mode");
    flags = a.Uint(3, "flags");
  }
  int64_t Run() {
    // The older call has no flags.
    if (flags == 0) return Sys(syscall(SYS_fchmodat, dirfd, path.text, mode));
    return Sys(syscall(SYS_fchmodat2, dirfd, path.text, mode, flags));
  }
};

struct Chmod : Op {
  static constexpr size_t kArgs = 2;
  Path path;
  uint32_t mode;
  void Parse(Args& a) {
    a.PathOf(0, "path", &path);
    mode = a.Uint(1, "mode");
  }
  int64_t Run() { return Sys(chmod(path.text, mode)); }
};

struct Fchmod : Op {
  static constexpr size_t kArgs = 2;
  int fd;
  uint32_t mode;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    mode = a.Uint(1, "mode");
  }
  // Raw: libc retries an O_PATH descriptor through /proc, which hides the kernel's answer.
  int64_t Run() { return Sys(syscall(SYS_fchmod, fd, mode)); }
};

struct Fchownat : Op {
  static constexpr size_t kArgs = 5;
  int dirfd;
  Path path;
  uint32_t uid;
  uint32_t gid;
  int flags;
  void Parse(Args& a) {
    dirfd = a.DirFd(0, "dirfd");
    a.PathOf(1, "path", &path);
    uid = a.Uint(2, "uid");
    gid = a.Uint(3, "gid");
    flags = a.Int(4, "flags");
  }
  int64_t Run() { return Sys(fchownat(dirfd, path.text, uid, gid, flags)); }
};

// Two times as four arguments.
struct Times {
  timespec pair[2];
  void Parse(Args& a, size_t first) {
    pair[0].tv_sec = a.Signed(first, "atimeSec");
    pair[0].tv_nsec = a.Offset(first + 1, "atimeNsec");
    pair[1].tv_sec = a.Signed(first + 2, "mtimeSec");
    pair[1].tv_nsec = a.Offset(first + 3, "mtimeNsec");
  }
};

struct Utimensat : Op {
  static constexpr size_t kArgs = 7;
  int dirfd;
  Path path;
  Times times;
  int flags;
  void Parse(Args& a) {
    dirfd = a.DirFd(0, "dirfd");
    a.PathOf(1, "path", &path);
    times.Parse(a, 2);
    flags = a.Int(6, "flags");
  }
  int64_t Run() { return Sys(utimensat(dirfd, path.text, times.pair, flags)); }
};

struct Futimens : Op {
  static constexpr size_t kArgs = 5;
  int fd;
  Times times;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    times.Parse(a, 1);
  }
  int64_t Run() { return Sys(futimens(fd, times.pair)); }
};

struct Faccessat2 : Op {
  static constexpr size_t kArgs = 4;
  int dirfd;
  Path path;
  int mode;
  int flags;
  void Parse(Args& a) {
    dirfd = a.DirFd(0, "dirfd");
    a.PathOf(1, "path", &path);
    mode = a.Int(2, "mode");
    flags = a.Int(3, "flags");
  }
  int64_t Run() { return Sys(syscall(SYS_faccessat2, dirfd, path.text, mode, flags)); }
};

}  // namespace

void RegisterAttributes(Registry& registry) {
  registry.Add("fchmodat", Sync<Fchmodat>);
  registry.Add("chmod", Sync<Chmod>);
  registry.Add("fchmod", Sync<Fchmod>);
  registry.Add("fchownat", Sync<Fchownat>);
  registry.Add("utimensat", Sync<Utimensat>);
  registry.Add("futimens", Sync<Futimens>);
  registry.Add("faccessat2", Sync<Faccessat2>);
}

}  // namespace fbsys
