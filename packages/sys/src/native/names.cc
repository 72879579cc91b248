// Names in directories: links, removal, renaming, and what a symbolic link says.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "as.h"
#include "op.h"
#include "registry.h"

namespace fbsys {
namespace {

struct Linkat : Op {
  static constexpr size_t kArgs = 5;
  int from_dirfd;
  Path from;
  int to_dirfd;
  Path to;
  int flags;
  void Parse(Args& a) {
    from_dirfd = a.DirFd(0, "oldDirfd");
    a.PathOf(1, "oldPath", &from);
    to_dirfd = a.DirFd(2, "newDirfd");
    a.PathOf(3, "newPath", &to);
    flags = a.Int(4, "flags");
  }
  int64_t Run() { return Sys(linkat(from_dirfd, from.text, to_dirfd, to.text, flags)); }
};

struct Unlinkat : Op {
  static constexpr size_t kArgs = 3;
  int dirfd;
  Path path;
  int flags;
  void Parse(Args& a) {
    dirfd = a.DirFd(0, "dirfd");
    a.PathOf(1, "path", &path);
    flags = a.Int(2, "flags");
  }
  int64_t Run() { return Sys(unlinkat(dirfd, path.text, flags)); }
};

struct Renameat2 : Op {
  static constexpr size_t kArgs = 5;
  int from_dirfd;
  Path from;
  int to_dirfd;
  Path to;
  unsigned flags;
  void Parse(Args& a) { Parse(a, 0); }
  void Parse(Args& a, size_t first) {
    from_dirfd = a.DirFd(first, "oldDirfd");
    a.PathOf(first + 1, "oldPath", &from);
    to_dirfd = a.DirFd(first + 2, "newDirfd");
    a.PathOf(first + 3, "newPath", &to);
    flags = a.Uint(first + 4, "flags");
  }
  // A whiteout has no permissions.
  void Mask(uint32_t) {}
  int64_t Run() { return Sys(syscall(SYS_renameat2, from_dirfd, from.text, to_dirfd, to.text, flags)); }
};

struct Readlinkat : Op {
  static constexpr size_t kArgs = 3;
  int dirfd;
  Path path;
  Bytes out;
  void Parse(Args& a) {
    dirfd = a.DirFd(0, "dirfd");
    a.PathOf(1, "path", &path);
    out = a.Whole(2, "out");
  }
  int64_t Run() {
    return Sys(readlinkat(dirfd, path.text, reinterpret_cast<char*>(out.data), out.length));
  }
};

}  // namespace

void RegisterNames(Registry& registry) {
  registry.Add("linkat", Sync<Linkat>);
  registry.Add("unlinkat", Sync<Unlinkat>);
  registry.Add("renameat2", Sync<Renameat2>);
  registry.Add("renameat2As", Sync<As<Renameat2>>);
  registry.Add("readlinkat", Sync<Readlinkat>);
}

}  // namespace fbsys
