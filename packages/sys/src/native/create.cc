// Making directories, nodes and symbolic links, as oneself or as somebody else.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "as.h"
#include "op.h"
#include "registry.h"

namespace fbsys {
namespace {

struct Mkdirat : Op {
  static constexpr size_t kArgs = 3;
  int dirfd;
  Path path;
  uint32_t mode;
  void Parse(Args& a) { Parse(a, 0); }
  void Parse(Args& a, size_t first) {
    dirfd = a.DirFd(first, "dirfd");
    a.PathOf(first + 1, "path", &path);
    mode = a.Uint(first + 2, "mode");
  }
  void Mask(uint32_t umask) { mode &= ~umask; }
  int64_t Run() { return Sys(mkdirat(dirfd, path.text, mode)); }
};

struct Mknodat : Op {
  static constexpr size_t kArgs = 5;
  int dirfd;
  Path path;
  uint32_t mode;
  unsigned major_number;
  unsigned minor_number;
  void Parse(Args& a) { Parse(a, 0); }
  void Parse(Args& a, size_t first) {
    dirfd = a.DirFd(first, "dirfd");
    a.PathOf(first + 1, "path", &path);
    mode = a.Uint(first + 2, "mode");
    major_number = a.Uint(first + 3, "major");
    minor_number = a.Uint(first + 4, "minor");
  }
  void Mask(uint32_t umask) { mode &= ~umask; }
  int64_t Run() { return Sys(mknodat(dirfd, path.text, mode, makedev(major_number, minor_number))); }
};

struct Symlinkat : Op {
  static constexpr size_t kArgs = 3;
  Path target;
  int dirfd;
  Path path;
  void Parse(Args& a) { Parse(a, 0); }
  void Parse(Args& a, size_t first) {
    a.PathOf(first, "target", &target);
    dirfd = a.DirFd(first + 1, "dirfd");
    a.PathOf(first + 2, "path", &path);
  }
  // A symbolic link has no mode of its own.
  void Mask(uint32_t) {}
  int64_t Run() { return Sys(symlinkat(target.text, dirfd, path.text)); }
};

}  // namespace

void RegisterCreate(Registry& registry) {
  registry.Add("mkdirat", Sync<Mkdirat>);
  registry.Add("mkdiratAs", Sync<As<Mkdirat>>);
  registry.Add("mknodat", Sync<Mknodat>);
  registry.Add("mknodatAs", Sync<As<Mknodat>>);
  registry.Add("symlinkat", Sync<Symlinkat>);
  registry.Add("symlinkatAs", Sync<As<Symlinkat>>);
}

}  // namespace fbsys
