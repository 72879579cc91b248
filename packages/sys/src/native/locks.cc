// Locks of open file descriptions: flock(2) and F_OFD_* of fcntl(2).
#include <fcntl.h>
#include <sys/file.h>

#include "op.h"
#include "pool.h"
#include "registry.h"

namespace fbsys {
namespace {

struct Flock : Op {
  static constexpr size_t kArgs = 2;
  int fd;
  int operation;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    operation = a.Int(1, "operation");
  }
  int64_t Run() { return Sys(flock(fd, operation)); }
};

struct Ofd : Op {
  static constexpr size_t kArgs = 4;
  int fd;
  struct flock lock;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    lock = {};
    lock.l_type = static_cast<short>(a.Integer(1, "type", INT16_MIN, INT16_MAX));
    lock.l_whence = SEEK_SET;
    lock.l_start = a.Int64(2, "start");
    lock.l_len = a.Int64(3, "length");
  }
};

struct OfdSetlk : Ofd {
  int64_t Run() { return Sys(fcntl(fd, F_OFD_SETLK, &lock)); }
};

struct OfdSetlkWait : Ofd {
  int64_t Run() { return Sys(fcntl(fd, F_OFD_SETLKW, &lock)); }
};

struct OfdGetlk : Ofd {
  static constexpr size_t kArgs = 5;
  int64_t* out;
  void Parse(Args& a) {
    Ofd::Parse(a);
    out = a.Int64s(4, "out", 4);
  }
  int64_t Run() {
    if (fcntl(fd, F_OFD_GETLK, &lock) == -1) return -errno;
    out[0] = lock.l_type;
    out[1] = lock.l_start;
    out[2] = lock.l_len;
    out[3] = lock.l_pid;
    return 0;
  }
};

napi_value CancelToken(napi_env env, napi_callback_info info) {
  Args args(env, info, 1);
  const uint64_t token = args.Uint64(0, "token");
  return args.ok() ? ToNumber(env, PoolCancelToken(token) > 0) : nullptr;
}

}  // namespace

void RegisterLocks(Registry& registry) {
  registry.Add("flock", Sync<Flock>);
  registry.Add("flockAsync", AsyncWait<Flock>);
  registry.Add("ofdSetlk", Sync<OfdSetlk>);
  registry.Add("ofdSetlkWaitAsync", AsyncWait<OfdSetlkWait>);
  registry.Add("ofdGetlk", Sync<OfdGetlk>);
  registry.Add("cancelToken", CancelToken);
}

}  // namespace fbsys
