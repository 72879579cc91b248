// Listing directories.
#include <sys/syscall.h>
#include <unistd.h>

#include "op.h"
#include "registry.h"

namespace fbsys {
namespace {

struct Getdents64 : Op {
  static constexpr size_t kArgs = 4;
  int fd;
  Bytes buffer;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    buffer = a.OutSlice(1, "buffer");
  }
  int64_t Run() {
    // The kernel takes a 32-bit length.
    const unsigned length = buffer.length > INT32_MAX ? INT32_MAX : static_cast<unsigned>(buffer.length);
    return Sys(syscall(SYS_getdents64, fd, buffer.data, length));
  }
};

}  // namespace

void RegisterDirectories(Registry& registry) {
  registry.Add("getdents64", Sync<Getdents64>);
  registry.Add("getdents64Async", Async<Getdents64>);
}

}  // namespace fbsys
