// Descriptors themselves: close, duplicate, flags, position, pipes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "op.h"
#include "registry.h"

namespace fbsys {
namespace {

struct Close : Op {
  static constexpr size_t kArgs = 1;
  int fd;
  void Parse(Args& a) { fd = a.Fd(0, "fd"); }
  int64_t Run() { return Sys(close(fd)); }
};

struct Dup : Op {
  static constexpr size_t kArgs = 2;
  int fd;
  int lowest;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    lowest = a.OptionalFd(1, "lowest");
  }
  int64_t Run() { return Sys(fcntl(fd, F_DUPFD_CLOEXEC, lowest)); }
};

struct Getfl : Op {
  static constexpr size_t kArgs = 1;
  int fd;
  void Parse(Args& a) { fd = a.Fd(0, "fd"); }
  int64_t Run() { return Sys(fcntl(fd, F_GETFL)); }
};

struct Setfl : Op {
  static constexpr size_t kArgs = 2;
  int fd;
  int flags;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    flags = a.Int(1, "flags");
  }
  int64_t Run() { return Sys(fcntl(fd, F_SETFL, flags)); }
};

struct Lseek : Op {
  static constexpr size_t kArgs = 3;
  int fd;
  int64_t offset;
  int whence;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    offset = a.Int64(1, "offset");
    whence = a.Int(2, "whence");
  }
  int64_t Run() {
    const int64_t position = Sys(lseek(fd, offset, whence));
    return position > kMaxSafe ? -EOVERFLOW : position;
  }
};

// Positions of directories are opaque and use all 63 bits, so this one answers with a bigint.
napi_value LseekBig(napi_env env, napi_callback_info info) {
  Args args(env, info, Lseek::kArgs);
  Lseek op;
  op.Parse(args);
  if (!args.ok()) return nullptr;
  napi_value result = nullptr;
  napi_create_bigint_int64(env, Sys(lseek(op.fd, op.offset, op.whence)), &result);
  return result;
}

struct Pipe2 : Op {
  static constexpr size_t kArgs = 2;
  int32_t* out;
  int flags;
  void Parse(Args& a) {
    size_t count = 0;
    out = a.Int32s(0, "out", 2, &count);
    flags = a.Int(1, "flags");
  }
  int64_t Run() {
    int ends[2];
    if (pipe2(ends, flags | O_CLOEXEC) == -1) return -errno;
    out[0] = ends[0];
    out[1] = ends[1];
    return 0;
  }
};

struct Umask : Op {
  static constexpr size_t kArgs = 1;
  mode_t mask;
  void Parse(Args& a) { mask = static_cast<mode_t>(a.Integer(0, "mask", 0, 0777)); }
  int64_t Run() { return umask(mask); }
};

}  // namespace

void RegisterDescriptors(Registry& registry) {
  registry.Add("close", Sync<Close>);
  registry.Add("dup", Sync<Dup>);
  registry.Add("getfl", Sync<Getfl>);
  registry.Add("setfl", Sync<Setfl>);
  registry.Add("lseek", Sync<Lseek>);
  registry.Add("lseekBig", LseekBig);
  registry.Add("pipe2", Sync<Pipe2>);
  registry.Add("umask", Sync<Umask>);
}

}  // namespace fbsys
