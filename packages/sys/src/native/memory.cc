// Where buffers lie, and what the kernel has promised for them.
#include <sys/mman.h>
#include <unistd.h>

#include "op.h"
#include "registry.h"

namespace fbsys {
namespace {

struct AlignmentOffset : Op {
  static constexpr size_t kArgs = 2;
  Bytes buffer;
  uint64_t alignment;
  void Parse(Args& a) {
    buffer = a.Whole(0, "buffer");
    alignment = static_cast<uint64_t>(a.Integer(1, "alignment", 1, int64_t{1} << 30));
    if (a.ok() && (alignment & (alignment - 1)) != 0) a.FailRange("alignment", "a power of two");
  }
  int64_t Run() {
    const uint64_t address = reinterpret_cast<uintptr_t>(buffer.data);
    const uint64_t offset = (alignment - (address & (alignment - 1))) & (alignment - 1);
    return offset <= buffer.length ? static_cast<int64_t>(offset) : -ENOSPC;
  }
};

// An operation on the pages that are a buffer's alone.
struct OnWholePages : Op {
  static constexpr size_t kArgs = 1;
  void* begin;
  size_t length;
  void Parse(Args& a) {
    const Bytes buffer = a.Whole(0, "buffer");
    const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    const uintptr_t address = reinterpret_cast<uintptr_t>(buffer.data);
    const uintptr_t first = (address + page - 1) & ~(page - 1), end = (address + buffer.length) & ~(page - 1);
    begin = reinterpret_cast<void*>(first);
    length = end > first ? end - first : 0;
  }
};

struct MapWithoutReserve : OnWholePages {
  int64_t Run() {
    if (length == 0) return 0;
    // The same kind of memory as before, so whoever allocated it may go on with it when it is freed.
    void* const mapped = mmap(begin, length, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    return mapped == MAP_FAILED ? -errno : static_cast<int64_t>(length);
  }
};

struct DiscardPages : OnWholePages {
  int64_t Run() {
    if (length == 0) return 0;
    return madvise(begin, length, MADV_DONTNEED) == -1 ? -errno : static_cast<int64_t>(length);
  }
};

}  // namespace

void RegisterMemory(Registry& registry) {
  registry.Add("alignmentOffset", Sync<AlignmentOffset>);
  registry.Add("mapWithoutReserve", Sync<MapWithoutReserve>);
  registry.Add("discardPages", Sync<DiscardPages>);
}

}  // namespace fbsys
