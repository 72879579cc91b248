#include "guest_fault.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "guest_region.h"

namespace fbsys {
namespace {

struct sigaction previous;
pthread_once_t once = PTHREAD_ONCE_INIT;
std::atomic<uint32_t> faults{0};

// True when the address is a guest's and can be used now. Async-signal-safe: atomics and one raw system call.
bool Repair(uintptr_t address) {
  const size_t used = GuestRegionsUsed();
  for (size_t slot = 0; slot < used; slot++) {
    GuestRegion* const region = GuestRegionAt(slot);
    const uintptr_t begin = region->begin.load(std::memory_order_acquire);
    const uintptr_t end = region->end.load(std::memory_order_acquire);
    if (begin == 0 || address < begin || address >= end) continue;
    // Threads that fault at the same time replace it twice: it is lost either way, and nobody has to wait.
    const long mapped = syscall(SYS_mmap, begin, end - begin, PROT_READ | PROT_WRITE,
                                MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
    if (mapped == -1) return false;
    if (!region->broken.exchange(true)) faults.fetch_add(1);
    return true;
  }
  return false;
}

void PassOn(int number, siginfo_t* info, void* context) {
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    previous.sa_sigaction(number, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(number);
  } else {
    // Returning runs into the same fault, or re-raises a signal that was sent, this time without a handler.
    signal(number, SIG_DFL);
    if (info->si_code <= 0) raise(number);
  }
}

void OnBus(int number, siginfo_t* info, void* context) {
  const int error = errno;
  // A code above 0 comes from the kernel and so has an address; a signal that a process sent has none.
  const bool repaired = info->si_code > 0 && Repair(reinterpret_cast<uintptr_t>(info->si_addr));
  errno = error;
  if (!repaired) PassOn(number, info, context);
}

void Install() {
  struct sigaction action = {};
  action.sa_sigaction = OnBus;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, nullptr, &previous);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace

void InstallGuestFaultHandler() { pthread_once(&once, Install); }

uint32_t GuestFaults() { return faults.load(std::memory_order_acquire); }

}  // namespace fbsys
