// Memory of a guest: a file that another process shares, mapped for one env.
//
// Every env maps for itself, so that only its own thread takes a mapping away. What runs on other threads (a task
// of the pool) pins the mapping first; the last pin to go unmaps it. The other process is not trusted: it may
// truncate the file at any time, which guest_fault.h makes survivable.
#ifndef FB_SYS_GUEST_REGION_H_
#define FB_SYS_GUEST_REGION_H_

#include <node_api.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace fbsys {

// Mappings that the process can have at once.
constexpr size_t kGuestRegions = 16384;

struct GuestRegion {
  // 0 while the slot is free or being set up; never the same number twice. Published last, withdrawn first.
  std::atomic<uint64_t> id{0};
  // Whose thread may use it.
  std::atomic<napi_env> owner{nullptr};
  // The guest's bytes.
  uint8_t* data = nullptr;
  size_t length = 0;
  // Holders of the mapping: the buffer, and tasks in flight. Guarded by the mutex of the table.
  unsigned pins = 0;
  uint64_t generation = 0;
  // What is mapped, in whole pages: what the fault handler looks at. begin is 0 when there is nothing.
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};
  // The memory behind it went away and was replaced by zeroes.
  std::atomic<bool> broken{false};
};

// The table of all mappings; slots [0, used) have been used at some time.
GuestRegion* GuestRegionAt(size_t slot);
size_t GuestRegionsUsed();

// The region of an id that `env` has mapped; null for any other number.
GuestRegion* FindGuestRegion(napi_env env, double id);
// Keeps the mapping while a task uses it. On the thread of its env, for a region that was just found.
void PinGuestRegion(GuestRegion* region);
// From any thread.
void UnpinGuestRegion(GuestRegion* region);

}  // namespace fbsys

#endif  // FB_SYS_GUEST_REGION_H_
