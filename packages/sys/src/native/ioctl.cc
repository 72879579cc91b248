// ioctl(2) with a structure or with a plain value.
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "op.h"
#include "registry.h"

namespace fbsys {
namespace {

// Requests of the older kind do not say how much the kernel writes, and some write a table of a length that the
// structure names. So the kernel gets memory of its own, longer than any length a request can encode and
// followed by a page that nobody may touch: whoever writes too far gets EFAULT instead of our heap.
class GuardedMemory {
 public:
  explicit GuardedMemory(size_t length) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t least = length < kEncodable ? kEncodable : length;
    usable_ = (least + page - 1) / page * page;
    whole_ = usable_ + page;
    void* memory = mmap(nullptr, whole_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    memory_ = memory;
    if (mprotect(memory_, usable_, PROT_READ | PROT_WRITE) == -1) Free();
  }
  ~GuardedMemory() {
    if (memory_ != nullptr) Free();
  }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;
  void* get() const { return memory_; }

 private:
  // One more than the 14 bits of length in a request.
  static constexpr size_t kEncodable = size_t{1} << 14;
  void Free() {
    munmap(memory_, whole_);
    memory_ = nullptr;
  }
  void* memory_ = nullptr;
  size_t usable_ = 0;
  size_t whole_ = 0;
};

struct IoctlBuffer : Op {
  static constexpr size_t kArgs = 3;
  int fd;
  unsigned long request;
  Bytes buffer;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    request = a.Uint(1, "request");
    buffer = a.InOutOptional(2, "buffer");
  }
  int64_t Run() {
    if (buffer.length == 0) return Sys(ioctl(fd, request, nullptr));
    const GuardedMemory memory(buffer.length);
    if (memory.get() == nullptr) return -ENOMEM;
    memcpy(memory.get(), buffer.data, buffer.length);
    const int64_t result = Sys(ioctl(fd, request, memory.get()));
    // A driver may have written although it failed.
    memcpy(buffer.data, memory.get(), buffer.length);
    return result;
  }
};

struct IoctlValue : Op {
  static constexpr size_t kArgs = 3;
  int fd;
  unsigned long request;
  int64_t value;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    request = a.Uint(1, "request");
    value = a.Integer(2, "value", INT32_MIN, UINT32_MAX);
  }
  int64_t Run() { return Sys(ioctl(fd, request, value)); }
};

}  // namespace

void RegisterIoctl(Registry& registry) {
  registry.Add("ioctlBuffer", Sync<IoctlBuffer>);
  registry.Add("ioctlBufferAsync", Async<IoctlBuffer>);
  registry.Add("ioctlValue", Sync<IoctlValue>);
  registry.Add("ioctlValueAsync", Async<IoctlValue>);
}

}  // namespace fbsys
