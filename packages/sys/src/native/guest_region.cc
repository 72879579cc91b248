#include "guest_region.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "args.h"
#include "guest_fault.h"
#include "registry.h"

namespace fbsys {
namespace {

// Most bytes of one mapping: what a typed array of any supported Node.js can view.
constexpr uint64_t kRegionMax = uint64_t{4} << 30;

GuestRegion regions[kGuestRegions];
std::atomic<size_t> used{0};
pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

class Locked {
 public:
  Locked() { pthread_mutex_lock(&mutex); }
  ~Locked() { pthread_mutex_unlock(&mutex); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
};

// With the mutex held. Null when the table is full.
GuestRegion* TakeSlot() {
  const size_t count = used.load();
  for (size_t slot = 0; slot < count; slot++) {
    if (regions[slot].pins == 0) return &regions[slot];
  }
  if (count == kGuestRegions) return nullptr;
  used.store(count + 1);
  return &regions[count];
}

// With the mutex held: one holder less. The fault handler loses sight of the range before somebody else gets it.
void DropPin(GuestRegion* region) {
  if (--region->pins > 0) return;
  const uintptr_t begin = region->begin.load();
  const uintptr_t end = region->end.load();
  region->begin.store(0);
  region->end.store(0);
  munmap(reinterpret_cast<void*>(begin), end - begin);
}

// Withdraws the region from its env. False when it was no longer there.
bool Withdraw(uint64_t id) {
  Locked lock;
  GuestRegion* const region = &regions[id % kGuestRegions];
  if (region->id.load() != id) return false;
  region->id.store(0);
  region->owner.store(nullptr);
  DropPin(region);
  return true;
}

struct Span {
  int fd;
  uint64_t size;
  uint64_t offset;
};

// Size of a file that can be memory; or -errno. Asks nobody but the kernel: a file system that another process serves
// could make us wait for ever, here and at every page.
int64_t MemoryFileSize(int fd) {
  struct statx file;
  if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_SIZE, &file) == -1) return -errno;
  if (!S_ISREG(file.stx_mode)) return -EINVAL;
  // Only files in memory have seals; others must be on a disk.
  if (fcntl(fd, F_GET_SEALS) == -1 && file.stx_dev_major == 0) return -EOPNOTSUPP;
  return static_cast<int64_t>(file.stx_size);
}

// Pages of such a file: of its file system where that has huge ones.
int64_t PageSize(int fd) {
  struct statfs fs;
  if (fstatfs(fd, &fs) == -1) return -errno;
  return static_cast<uint32_t>(fs.f_type) == HUGETLBFS_MAGIC ? fs.f_bsize : sysconf(_SC_PAGESIZE);
}

// Maps the pages around the span; 0 or -errno.
int64_t MapPages(const Span& span, uintptr_t* begin, uintptr_t* end, uint8_t** data) {
  const int64_t size = MemoryFileSize(span.fd);
  if (size < 0) return size;
  const uint64_t length = static_cast<uint64_t>(size);
  if (span.offset > length || span.size > length - span.offset) return -ENXIO;
  const int64_t page = PageSize(span.fd);
  if (page < 0) return page;
  const uint64_t mask = static_cast<uint64_t>(page) - 1;
  const uint64_t start = span.offset & ~mask;
  const uint64_t mapped = (span.offset - start + span.size + mask) & ~mask;
  void* const base = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, span.fd,
                          static_cast<off_t>(start));
  if (base == MAP_FAILED) return -errno;
  // A fork has no use for a guest's memory, and a core dump must not hold it.
  madvise(base, mapped, MADV_DONTFORK);
  madvise(base, mapped, MADV_DONTDUMP);
  *begin = reinterpret_cast<uintptr_t>(base);
  *end = *begin + mapped;
  *data = static_cast<uint8_t*>(base) + (span.offset - start);
  return 0;
}

// The id of a new region, or -errno.
int64_t Map(napi_env env, const Span& span) {
  InstallGuestFaultHandler();
  uintptr_t begin = 0;
  uintptr_t end = 0;
  uint8_t* data = nullptr;
  const int64_t status = MapPages(span, &begin, &end, &data);
  if (status < 0) return status;
  Locked lock;
  GuestRegion* const region = TakeSlot();
  if (region == nullptr) {
    munmap(reinterpret_cast<void*>(begin), end - begin);
    return -ENOSPC;
  }
  region->generation++;
  region->data = data;
  region->length = span.size;
  region->pins = 1;
  region->broken.store(false);
  region->end.store(end);
  region->begin.store(begin);
  region->owner.store(env);
  const uint64_t id = region->generation * kGuestRegions + static_cast<uint64_t>(region - regions);
  region->id.store(id);
  return static_cast<int64_t>(id);
}

// The buffer was collected, or its env ends.
void OnFinalize(napi_env, void*, void* hint) {
  auto* const id = static_cast<uint64_t*>(hint);
  Withdraw(*id);
  delete id;
}

// The region that a buffer of this env shows; null, with an exception, for any other value.
GuestRegion* Shown(napi_env env, Args& args, size_t i) {
  void* data = nullptr;
  size_t length = 0;
  if (!args.ok()) return nullptr;
  if (napi_get_arraybuffer_info(env, args.raw(i), &data, &length) == napi_ok && data != nullptr) {
    const size_t count = used.load();
    for (size_t slot = 0; slot < count; slot++) {
      GuestRegion* const region = &regions[slot];
      if (region->id.load() != 0 && region->owner.load() == env && region->data == data) return region;
    }
  }
  args.FailType("buffer", "mapped by mapGuestRegion on this thread, and still mapped");
  return nullptr;
}

napi_value MapGuestRegion(napi_env env, napi_callback_info info) {
  Args args(env, info, 3);
  Span span;
  span.fd = args.Fd(0, "fd");
  span.size = static_cast<uint64_t>(args.Integer(1, "size", 1, static_cast<int64_t>(kRegionMax)));
  span.offset = static_cast<uint64_t>(args.Offset(2, "offset"));
  if (!args.ok()) return nullptr;
  auto* const id = new (std::nothrow) uint64_t();
  if (id == nullptr) return ToNumber(env, -ENOMEM);
  const int64_t mapped = Map(env, span);
  if (mapped < 0) {
    delete id;
    return ToNumber(env, mapped);
  }
  *id = static_cast<uint64_t>(mapped);
  GuestRegion* const region = &regions[*id % kGuestRegions];
  napi_value buffer = nullptr;
  const napi_status status =
      napi_create_external_arraybuffer(env, region->data, region->length, OnFinalize, id, &buffer);
  if (status == napi_ok) return buffer;
  Withdraw(*id);
  delete id;
  // A Node.js built so that buffers must lie within its own heap (Electron).
  return ToNumber(env, -ENOTSUP);
}

napi_value UnmapGuestRegion(napi_env env, napi_callback_info info) {
  Args args(env, info, 1);
  GuestRegion* const region = Shown(env, args, 0);
  if (region == nullptr) return nullptr;
  // First nobody can reach the memory any more, then it goes.
  if (napi_detach_arraybuffer(env, args.raw(0)) != napi_ok) return ToNumber(env, -EBUSY);
  Withdraw(region->id.load());
  return ToNumber(env, 0);
}

napi_value GuestRegionId(napi_env env, napi_callback_info info) {
  Args args(env, info, 1);
  const GuestRegion* const region = Shown(env, args, 0);
  return region == nullptr ? nullptr : ToNumber(env, static_cast<int64_t>(region->id.load()));
}

napi_value GuestRegionBroken(napi_env env, napi_callback_info info) {
  Args args(env, info, 1);
  const double id = static_cast<double>(args.Offset(0, "id"));
  if (!args.ok()) return nullptr;
  const GuestRegion* const region = FindGuestRegion(env, id);
  return ToNumber(env, region == nullptr ? -EINVAL : region->broken.load());
}

napi_value GuestFaultCount(napi_env env, napi_callback_info) { return ToNumber(env, GuestFaults()); }

}  // namespace

GuestRegion* GuestRegionAt(size_t slot) { return &regions[slot]; }

size_t GuestRegionsUsed() { return used.load(std::memory_order_acquire); }

GuestRegion* FindGuestRegion(napi_env env, double id) {
  if (!(id >= 1 && id <= static_cast<double>(kMaxSafe))) return nullptr;
  const uint64_t whole = static_cast<uint64_t>(id);
  GuestRegion* const region = &regions[whole % kGuestRegions];
  if (static_cast<double>(whole) != id || region->id.load(std::memory_order_acquire) != whole) return nullptr;
  return region->owner.load(std::memory_order_relaxed) == env ? region : nullptr;
}

void PinGuestRegion(GuestRegion* region) {
  Locked lock;
  region->pins++;
}

void UnpinGuestRegion(GuestRegion* region) {
  Locked lock;
  DropPin(region);
}

void RegisterGuestRegions(Registry& registry) {
  registry.Add("mapGuestRegion", MapGuestRegion);
  registry.Add("unmapGuestRegion", UnmapGuestRegion);
  registry.Add("guestRegionId", GuestRegionId);
  registry.Add("guestRegionBroken", GuestRegionBroken);
  registry.Add("guestFaults", GuestFaultCount);
}

}  // namespace fbsys
