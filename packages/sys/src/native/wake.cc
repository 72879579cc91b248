#include "wake.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace fbsys {
namespace {

struct sigaction previous;
pthread_once_t once = PTHREAD_ONCE_INIT;

void OnWake(int number, siginfo_t* info, void* context) {
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    if (previous.sa_sigaction != nullptr) previous.sa_sigaction(number, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(number);
  }
}

void Install() {
  struct sigaction action = {};
  action.sa_sigaction = OnWake;
  // No SA_RESTART: interrupting the call is the purpose.
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(WakeSignal(), nullptr, &previous);
  sigaction(WakeSignal(), &action, nullptr);
}

}  // namespace

int WakeSignal() { return SIGRTMAX - 3; }

void InstallWakeHandler() { pthread_once(&once, Install); }

int SendWake(pid_t thread) {
  return syscall(SYS_tgkill, getpid(), thread, WakeSignal()) == -1 ? -errno : 0;
}

}  // namespace fbsys
