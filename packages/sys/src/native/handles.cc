// File handles: names for inodes that outlive descriptors.
#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "op.h"
#include "registry.h"

namespace fbsys {
namespace {

// struct file_handle: a 32-bit length and a 32-bit type before the opaque bytes.
constexpr size_t kHeader = 8;
static_assert(sizeof(struct file_handle) == kHeader, "struct file_handle is not the kernel's");

// The structure with room for the longest handle, aligned as the kernel's.
struct Handle {
  alignas(8) uint8_t bytes[kHeader + MAX_HANDLE_SZ];
  struct file_handle* get() { return reinterpret_cast<struct file_handle*>(bytes); }
};

struct NameToHandleAt : Op {
  static constexpr size_t kArgs = 4;
  int dirfd;
  Path path;
  Bytes out;
  int flags;
  void Parse(Args& a) {
    dirfd = a.DirFd(0, "dirfd");
    a.PathOf(1, "path", &path);
    out = a.Whole(2, "handle");
    flags = a.Int(3, "flags");
    if (a.ok() && out.length < kHeader) a.FailRange("handle", "at least 8 bytes long");
  }
  int64_t Run() {
    Handle handle;
    const size_t room = out.length - kHeader;
    handle.get()->handle_bytes = static_cast<unsigned>(room < MAX_HANDLE_SZ ? room : MAX_HANDLE_SZ);
    handle.get()->handle_type = 0;
    // Newer kernels write 64 bits here when asked for the unique mount id.
    alignas(8) int mount_id[2];
    if (name_to_handle_at(dirfd, path.text, handle.get(), mount_id, flags) == -1) return -errno;
    const size_t used = kHeader + handle.get()->handle_bytes;
    memcpy(out.data, handle.bytes, used);
    return static_cast<int64_t>(used);
  }
};

struct OpenByHandleAt : Op {
  static constexpr size_t kArgs = 4;
  int mount_fd;
  Handle handle;
  int flags;
  void Parse(Args& a) {
    mount_fd = a.DirFd(0, "mountFd");
    const Bytes bytes = a.Whole(1, "handle");
    const size_t length = static_cast<size_t>(a.Integer(2, "handleLength", kHeader, sizeof handle.bytes));
    flags = a.Int(3, "flags");
    if (a.ok() && length > bytes.length) a.FailRange("handleLength", "within the handle");
    if (!a.ok()) return;
    memcpy(handle.bytes, bytes.data, length);
    // What the header says is not trusted.
    handle.get()->handle_bytes = static_cast<unsigned>(length - kHeader);
  }
  int64_t Run() { return Sys(open_by_handle_at(mount_fd, handle.get(), flags | O_CLOEXEC)); }
};

}  // namespace

void RegisterHandles(Registry& registry) {
  registry.Add("nameToHandleAt", Sync<NameToHandleAt>);
  registry.Add("openByHandleAt", Sync<OpenByHandleAt>);
}

}  // namespace fbsys
