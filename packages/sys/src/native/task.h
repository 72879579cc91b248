// A system call that runs on a thread of the pool and settles a promise of the env that started it.
#ifndef FB_SYS_TASK_H_
#define FB_SYS_TASK_H_

#include <node_api.h>
#include <sys/types.h>

#include <atomic>
#include <cstdint>

#include "bounce.h"

namespace fbsys {

class EnvState;

// What a call waits for, and so whom it may hold up: only others of its kind (see pool.h).
enum class Kind { kTransfer, kFlush, kMount, kWait };
constexpr unsigned kKinds = 4;

class Task {
 public:
  virtual ~Task() = default;
  virtual int64_t Run() = 0;
  virtual bool ReturnsFd() const = 0;

  Bounce bounce;

  // Owned by the thread of the env.
  EnvState* env = nullptr;
  napi_deferred deferred = nullptr;
  Task* previous = nullptr;  // neighbours among the env's tasks in flight
  Task* next = nullptr;

  // Written by the pool, read by the env once the task has been handed back.
  int64_t result = 0;
  Task* next_done = nullptr;

  // Guarded by the mutex of the pool.
  Task* ahead = nullptr;    // neighbours in the queue
  Task* behind = nullptr;
  bool queued = false;
  Kind kind = Kind::kTransfer;
  uint64_t token = 0;       // of a lock wait (Kind::kWait), which is found by it
  pid_t runner = 0;         // the thread inside Run(), 0 before and after
  bool interrupting = false;
  std::atomic<bool> cancelled{false};
};

// Hand the task to the pool; the promise resolves with its result. Owns `task`.
napi_value Submit(napi_env env, Task* task);
// Likewise for a call that may block until somebody else acts: never queued behind others.
napi_value SubmitWait(napi_env env, Task* task, uint64_t token);
// A promise that is already resolved.
napi_value Settled(napi_env env, int64_t result);
// Deletes a task that never started.
void Discard(napi_env env, Task* task);

}  // namespace fbsys

#endif  // FB_SYS_TASK_H_
