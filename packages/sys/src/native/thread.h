// Threads of the addon that never run JavaScript.
#ifndef FB_SYS_THREAD_H_
#define FB_SYS_THREAD_H_

namespace fbsys {

// Starts a detached thread. It takes no signal but the wake signal (and faults), and is not bound to the CPU
// that the caller may have been pinned to. False when the system has no thread left.
bool StartThread(void* (*run)(void*), void* argument);

// Runs `run` on a thread of its own and waits for it. 0 or -errno of starting it.
int RunOnThread(void (*run)(void*), void* argument);

// Binds the calling thread to one CPU and remembers what it was bound to before. 0 or -errno.
int PinThread(int cpu);

}  // namespace fbsys

#endif  // FB_SYS_THREAD_H_
