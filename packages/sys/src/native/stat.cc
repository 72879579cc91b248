// Asking for attributes of files and file systems, as raw kernel structures.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "op.h"
#include "registry.h"

namespace fbsys {
namespace {

// struct statx is the same on every architecture (linux/stat.h).
constexpr size_t kStatxBytes = 256;
// struct statfs of 64-bit Linux (asm-generic/statfs.h).
constexpr size_t kStatfsBytes = 120;
static_assert(sizeof(struct statfs) == kStatfsBytes, "struct statfs is not the kernel's");

struct Statx : Op {
  static constexpr size_t kArgs = 5;
  int dirfd;
  Path path;
  int flags;
  uint32_t mask;
  Bytes out;
  void Parse(Args& a) {
    dirfd = a.DirFd(0, "dirfd");
    a.PathOf(1, "path", &path);
    flags = a.Int(2, "flags");
    mask = a.Uint(3, "mask");
    out = a.OutStruct(4, "out", kStatxBytes);
  }
  int64_t Run() { return Sys(syscall(SYS_statx, dirfd, path.text, flags, mask, out.data)); }
};

struct Fstatfs : Op {
  static constexpr size_t kArgs = 2;
  int fd;
  Bytes out;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    out = a.OutStruct(1, "out", kStatfsBytes);
  }
  int64_t Run() { return Sys(syscall(SYS_fstatfs, fd, out.data)); }
};

struct Statfs : Op {
  static constexpr size_t kArgs = 2;
  Path path;
  Bytes out;
  void Parse(Args& a) {
    a.PathOf(0, "path", &path);
    out = a.OutStruct(1, "out", kStatfsBytes);
  }
  int64_t Run() { return Sys(syscall(SYS_statfs, path.text, out.data)); }
};

}  // namespace

void RegisterStat(Registry& registry) {
  registry.Add("statx", Sync<Statx>);
  registry.Add("statxAsync", Async<Statx>);
  registry.Add("fstatfs", Sync<Fstatfs>);
  registry.Add("fstatfsAsync", Async<Fstatfs>);
  registry.Add("statfs", Sync<Statfs>);
}

}  // namespace fbsys
