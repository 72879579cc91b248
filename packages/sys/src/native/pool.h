// The threads of the addon, shared by all envs of the process and independent of libuv's.
//
// Two lanes. "Work": calls that end by themselves (a read, an fsync); at most kWorkThreads at once, the rest
// queue. "Waits": calls that end when somebody else acts (a lock); each has a thread of its own, so that no wait
// holds up another or any work; at most kWaitThreads, beyond which a wait is refused with -ENOLCK.
// Threads start on demand and end after kIdleSeconds without work.
#ifndef FB_SYS_POOL_H_
#define FB_SYS_POOL_H_

#include <cstdint>

#include "task.h"

namespace fbsys {

constexpr unsigned kWorkThreads = 32;
constexpr unsigned kWaitThreads = 512;
constexpr unsigned kIdleSeconds = 5;
// Work that may be queued or running in the process; beyond it work is refused with -EAGAIN.
constexpr unsigned kWorkLimit = 65536;

// 0, or -errno when the task was not taken (the caller keeps it).
int PoolSubmit(Task* task);
// Cancels the waits that carry `token`: queued ones never run, running ones return -EINTR. How many there were.
unsigned PoolCancelToken(uint64_t token);
// Cancels one task whatever it does: for an env that goes away.
void PoolCancelTask(Task* task);

}  // namespace fbsys

#endif  // FB_SYS_POOL_H_
