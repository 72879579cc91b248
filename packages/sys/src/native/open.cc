// Opening files: openat(2), openat2(2), as oneself or as somebody else.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "credentials.h"
#include "op.h"
#include "registry.h"

// Linux 5.6; the number is the same on every architecture.
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

namespace fbsys {
namespace {

struct OpenOp : Op {
  static constexpr bool kReturnsFd = true;
};

struct Openat : OpenOp {
  static constexpr size_t kArgs = 5;
  int dirfd;
  Path path;
  int flags;
  uint32_t mode;
  bool kill_priv;

  void Parse(Args& a) {
    dirfd = a.DirFd(0, "dirfd");
    a.PathOf(1, "path", &path);
    flags = a.Int(2, "flags");
    mode = a.Uint(3, "mode");
    kill_priv = a.OptionalBool(4, "killPriv");
  }
  int64_t Run() {
    const KillPrivScope scope(kill_priv);
    if (scope.status() < 0) return scope.status();
    return Sys(openat(dirfd, path.text, flags | O_CLOEXEC, mode));
  }
};

struct Openat2 : OpenOp {
  static constexpr size_t kArgs = 5;
  int dirfd;
  Path path;
  open_how how;

  void Parse(Args& a) {
    dirfd = a.DirFd(0, "dirfd");
    a.PathOf(1, "path", &path);
    how = {};
    how.flags = static_cast<uint64_t>(a.Offset(2, "flags")) | O_CLOEXEC;
    how.mode = a.Uint(3, "mode");
    how.resolve = static_cast<uint64_t>(a.Offset(4, "resolve"));
  }
  int64_t Run() { return Sys(syscall(SYS_openat2, dirfd, path.text, &how, sizeof how)); }
};

struct OpenatAs : OpenOp {
  static constexpr size_t kArgs = 5;
  Creds creds;
  int dirfd;
  Path path;
  int flags;
  uint32_t mode;

  void Parse(Args& a) {
    creds.Parse(a, 0);
    dirfd = a.DirFd(1, "dirfd");
    a.PathOf(2, "path", &path);
    flags = a.Int(3, "flags");
    mode = a.Uint(4, "mode");
  }
  int64_t Run() {
    const CredentialScope scope(creds);
    if (scope.status() < 0) return scope.status();
    return Sys(openat(dirfd, path.text, flags | O_CLOEXEC, mode & ~creds.umask));
  }
};

}  // namespace

void RegisterOpen(Registry& registry) {
  registry.Add("openat", Sync<Openat>);
  registry.Add("openatAsync", Async<Openat>);
  registry.Add("openat2", Sync<Openat2>);
  registry.Add("openat2Async", Async<Openat2>);
  registry.Add("openatAs", Sync<OpenatAs>);
}

}  // namespace fbsys
