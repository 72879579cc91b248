#include "thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <cerrno>
#include <initializer_list>
#include <new>

#include "wake.h"

namespace fbsys {
namespace {

constexpr size_t kStackBytes = size_t{512} << 10;

// The CPUs of the calling thread before it was pinned, which threads that it starts go back to.
thread_local cpu_set_t unpinned_cpus;
thread_local bool pinned = false;

struct Launch {
  void* (*run)(void*);
  void* argument;
  bool unpin;
  cpu_set_t cpus;
};

void* Enter(void* argument) {
  Launch* launch = static_cast<Launch*>(argument);
  void* (*const run)(void*) = launch->run;
  void* const inner = launch->argument;
  if (launch->unpin) sched_setaffinity(0, sizeof launch->cpus, &launch->cpus);
  delete launch;
  return run(inner);
}

int Create(pthread_t* thread, bool detached, void* (*run)(void*), void* argument) {
  auto* launch = new (std::nothrow) Launch();
  if (launch == nullptr) return ENOMEM;
  launch->run = run;
  launch->argument = argument;
  launch->unpin = pinned;
  if (pinned) launch->cpus = unpinned_cpus;

  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  if (detached) pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // The new thread inherits the mask, so it is never without one.
  sigset_t blocked;
  sigset_t before;
  sigfillset(&blocked);
  for (const int number : {WakeSignal(), SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) {
    sigdelset(&blocked, number);
  }
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  const int status = pthread_create(thread, &attributes, Enter, launch);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (status != 0) delete launch;
  return status;
}

struct Joined {
  void (*run)(void*);
  void* argument;
};

void* EnterJoined(void* argument) {
  const Joined* joined = static_cast<const Joined*>(argument);
  joined->run(joined->argument);
  return nullptr;
}

}  // namespace

bool StartThread(void* (*run)(void*), void* argument) {
  pthread_t thread;
  return Create(&thread, true, run, argument) == 0;
}

int RunOnThread(void (*run)(void*), void* argument) {
  Joined joined = {run, argument};
  pthread_t thread;
  const int status = Create(&thread, false, EnterJoined, &joined);
  if (status != 0) return -status;
  pthread_join(thread, nullptr);
  return 0;
}

int PinThread(int cpu) {
  if (cpu < 0 || cpu >= CPU_SETSIZE) return -EINVAL;
  cpu_set_t before;
  if (!pinned && sched_getaffinity(0, sizeof before, &before) == -1) return -errno;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (sched_setaffinity(0, sizeof one, &one) == -1) return -errno;
  if (!pinned) unpinned_cpus = before;
  pinned = true;
  return 0;
}

}  // namespace fbsys
