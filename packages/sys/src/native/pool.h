// The threads of the addon, shared by all envs of the process and independent of libuv's.
//
// A lane for each kind of call, so that none holds up another kind: reading and writing (kTransfer), bringing data to
// the disk and moving much of it (kFlush), mounting (kMount). These end by themselves; at most kLaneThreads of a kind
// run at once, the rest queue. Calls that end when somebody else acts (kWait, a lock) have a thread each, so that no
// wait holds up another; at most kWaitThreads, beyond which a wait is refused with -ENOLCK.
// Threads start on demand and end after kIdleSeconds without work.
#ifndef FB_SYS_POOL_H_
#define FB_SYS_POOL_H_

#include <cstdint>

#include "task.h"

namespace fbsys {

constexpr unsigned kLaneThreads = 32;
constexpr unsigned kWaitThreads = 512;
constexpr unsigned kAllThreads = (kKinds - 1) * kLaneThreads + kWaitThreads;
constexpr unsigned kIdleSeconds = 5;
// Calls of one lane that may be queued or running; beyond it they are refused with -EAGAIN.
constexpr unsigned kLaneLimit = 65536;

// 0, or -errno when the task was not taken (the caller keeps it).
int PoolSubmit(Task* task);
// Cancels the waits that carry `token`: queued ones never run, running ones return -EINTR. How many there were.
unsigned PoolCancelToken(uint64_t token);
// Cancels one task whatever it does: for an env that goes away.
void PoolCancelTask(Task* task);

}  // namespace fbsys

#endif  // FB_SYS_POOL_H_
