// Extended attributes by path (following or not following a last symbolic link) and by descriptor.
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "op.h"
#include "registry.h"

#ifndef SYS_getxattrat
#define SYS_getxattrat 464
#endif

namespace fbsys {
namespace {

using SetByPath = int (*)(const char*, const char*, const void*, size_t, int);
using GetByPath = ssize_t (*)(const char*, const char*, void*, size_t);
using ListByPath = ssize_t (*)(const char*, char*, size_t);
using RemoveByPath = int (*)(const char*, const char*);

template <SetByPath kCall>
struct Set : Op {
  static constexpr size_t kArgs = 4;
  Path path;
  Path name;
  Bytes value;
  int flags;
  void Parse(Args& a) {
    a.PathOf(0, "path", &path);
    a.PathOf(1, "name", &name);
    value = a.Whole(2, "value");
    flags = a.Int(3, "flags");
  }
  int64_t Run() { return Sys(kCall(path.text, name.text, value.data, value.length, flags)); }
};

template <GetByPath kCall>
struct Get : Op {
  static constexpr size_t kArgs = 3;
  Path path;
  Path name;
  Bytes out;
  void Parse(Args& a) {
    a.PathOf(0, "path", &path);
    a.PathOf(1, "name", &name);
    out = a.Whole(2, "out");
  }
  int64_t Run() { return Sys(kCall(path.text, name.text, out.data, out.length)); }
};

// struct xattr_args (include/uapi/linux/xattr.h), which headers before Linux 6.13 lack.
struct XattrArgs {
  alignas(8) uint64_t value;
  uint32_t size;
  uint32_t flags;
};

struct Getat : Op {
  static constexpr size_t kArgs = 5;
  int dirfd;
  Path path;
  int flags;
  Path name;
  Bytes out;
  void Parse(Args& a) {
    dirfd = a.DirFd(0, "dirfd");
    a.PathOf(1, "path", &path);
    flags = a.Int(2, "flags");
    a.PathOf(3, "name", &name);
    out = a.Whole(4, "out");
  }
  int64_t Run() {
    const uint32_t size = static_cast<uint32_t>(std::min<size_t>(out.length, UINT32_MAX));
    XattrArgs args = {reinterpret_cast<uintptr_t>(out.data), size, 0};
    return Sys(syscall(SYS_getxattrat, dirfd, path.text, flags, name.text, &args, sizeof args));
  }
};

template <ListByPath kCall>
struct List : Op {
  static constexpr size_t kArgs = 2;
  Path path;
  Bytes out;
  void Parse(Args& a) {
    a.PathOf(0, "path", &path);
    out = a.Whole(1, "out");
  }
  int64_t Run() { return Sys(kCall(path.text, reinterpret_cast<char*>(out.data), out.length)); }
};

template <RemoveByPath kCall>
struct Remove : Op {
  static constexpr size_t kArgs = 2;
  Path path;
  Path name;
  void Parse(Args& a) {
    a.PathOf(0, "path", &path);
    a.PathOf(1, "name", &name);
  }
  int64_t Run() { return Sys(kCall(path.text, name.text)); }
};

struct Fset : Op {
  static constexpr size_t kArgs = 4;
  int fd;
  Path name;
  Bytes value;
  int flags;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    a.PathOf(1, "name", &name);
    value = a.Whole(2, "value");
    flags = a.Int(3, "flags");
  }
  int64_t Run() { return Sys(fsetxattr(fd, name.text, value.data, value.length, flags)); }
};

struct Fget : Op {
  static constexpr size_t kArgs = 3;
  int fd;
  Path name;
  Bytes out;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    a.PathOf(1, "name", &name);
    out = a.Whole(2, "out");
  }
  int64_t Run() { return Sys(fgetxattr(fd, name.text, out.data, out.length)); }
};

struct Flist : Op {
  static constexpr size_t kArgs = 2;
  int fd;
  Bytes out;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    out = a.Whole(1, "out");
  }
  int64_t Run() { return Sys(flistxattr(fd, reinterpret_cast<char*>(out.data), out.length)); }
};

struct Fremove : Op {
  static constexpr size_t kArgs = 2;
  int fd;
  Path name;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    a.PathOf(1, "name", &name);
  }
  int64_t Run() { return Sys(fremovexattr(fd, name.text)); }
};

}  // namespace

void RegisterXattr(Registry& registry) {
  registry.Add("setxattr", Sync<Set<setxattr>>);
  registry.Add("lsetxattr", Sync<Set<lsetxattr>>);
  registry.Add("fsetxattr", Sync<Fset>);
  registry.Add("getxattrat", Sync<Getat>);
  registry.Add("getxattr", Sync<Get<getxattr>>);
  registry.Add("lgetxattr", Sync<Get<lgetxattr>>);
  registry.Add("fgetxattr", Sync<Fget>);
  registry.Add("listxattr", Sync<List<listxattr>>);
  registry.Add("llistxattr", Sync<List<llistxattr>>);
  registry.Add("flistxattr", Sync<Flist>);
  registry.Add("removexattr", Sync<Remove<removexattr>>);
  registry.Add("lremovexattr", Sync<Remove<lremovexattr>>);
  registry.Add("fremovexattr", Sync<Fremove>);
}

}  // namespace fbsys
