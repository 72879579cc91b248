// Mounting and unmounting, here or in another mount namespace.
#include <sched.h>
#include <sys/mount.h>

#include "op.h"
#include "registry.h"
#include "thread.h"

namespace fbsys {
namespace {

struct Mount : Op {
  static constexpr size_t kArgs = 5;
  static constexpr Kind kKind = Kind::kMount;
  Path source;
  Path target;
  Path type;
  uint32_t flags;
  Path data;
  void Parse(Args& a) { Parse(a, 0); }
  void Parse(Args& a, size_t first) {
    a.PathOf(first, "source", &source);
    a.PathOf(first + 1, "target", &target);
    a.PathOf(first + 2, "fstype", &type);
    flags = a.Uint(first + 3, "flags");
    a.PathOf(first + 4, "data", &data);
  }
  int64_t Run() { return Sys(mount(source.text, target.text, type.text, flags, data.text)); }
};

struct Umount2 : Op {
  static constexpr size_t kArgs = 2;
  static constexpr Kind kKind = Kind::kMount;
  Path target;
  int flags;
  void Parse(Args& a) { Parse(a, 0); }
  void Parse(Args& a, size_t first) {
    a.PathOf(first, "target", &target);
    flags = a.Int(first + 1, "flags");
  }
  int64_t Run() { return Sys(umount2(target.text, flags)); }
};

// The same on a thread that has left our mount namespace and ends afterwards: a thread that has once given up
// the file-system context it shares with the process could not come back to it.
template <class T>
struct InNamespace : Op {
  static constexpr size_t kArgs = T::kArgs + 1;
  static constexpr Kind kKind = Kind::kMount;
  int fd;
  T op;
  int64_t result;
  void Parse(Args& a) {
    fd = a.Fd(0, "nsFd");
    op.Parse(a, 1);
  }
  int64_t Run() {
    const int started = RunOnThread([](void* self) { static_cast<InNamespace*>(self)->Inside(); }, this);
    return started < 0 ? started : result;
  }
  void Inside() {
    if (unshare(CLONE_FS) == -1 || setns(fd, CLONE_NEWNS) == -1) {
      result = -errno;
    } else {
      result = op.Run();
    }
  }
};

}  // namespace

void RegisterMount(Registry& registry) {
  registry.Add("mount", Sync<Mount>);
  registry.Add("mountAsync", Async<Mount>);
  registry.Add("mountInNamespace", Sync<InNamespace<Mount>>);
  registry.Add("mountInNamespaceAsync", Async<InNamespace<Mount>>);
  registry.Add("umount2", Sync<Umount2>);
  registry.Add("umount2Async", Async<Umount2>);
  registry.Add("umountInNamespace", Sync<InNamespace<Umount2>>);
  registry.Add("umountInNamespaceAsync", Async<InNamespace<Umount2>>);
}

}  // namespace fbsys
