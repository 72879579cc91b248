// The signal that makes a blocked system call return -EINTR and has no other effect.
#ifndef FB_SYS_WAKE_H_
#define FB_SYS_WAKE_H_

#include <sys/types.h>

namespace fbsys {

// A real-time signal near the top of the range, away from those that libc and debuggers reserve.
int WakeSignal();
// Installs the handler, once per process. A handler that was there before is still called.
void InstallWakeHandler();
// Sends the signal to a thread of this process. 0 or -errno (-ESRCH: no such thread here).
int SendWake(pid_t thread);

}  // namespace fbsys

#endif  // FB_SYS_WAKE_H_
