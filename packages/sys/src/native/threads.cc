// The calling thread and its siblings.
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "op.h"
#include "registry.h"
#include "thread.h"
#include "wake.h"

namespace fbsys {
namespace {

struct Gettid : Op {
  static constexpr size_t kArgs = 0;
  void Parse(Args&) {}
  int64_t Run() { return syscall(SYS_gettid); }
};

struct SchedYield : Op {
  static constexpr size_t kArgs = 0;
  void Parse(Args&) {}
  int64_t Run() { return Sys(sched_yield()); }
};

struct ExitNow : Op {
  static constexpr size_t kArgs = 1;
  int status;
  void Parse(Args& a) { status = static_cast<int>(a.Integer(0, "status", 0, 255)); }
  int64_t Run() { _exit(status); }
};

struct WakeThread : Op {
  static constexpr size_t kArgs = 1;
  pid_t thread;
  void Parse(Args& a) { thread = static_cast<pid_t>(a.Integer(0, "tid", 1, INT32_MAX)); }
  int64_t Run() { return SendWake(thread); }
};

struct SetThreadName : Op {
  static constexpr size_t kArgs = 1;
  // TASK_COMM_LEN without its NUL.
  static constexpr size_t kMost = 15;
  Path name;
  void Parse(Args& a) {
    a.PathOf(0, "name", &name);
    if (a.ok() && strlen(name.text) > kMost) a.FailRange("name", "at most 15 bytes long");
  }
  int64_t Run() { return Sys(prctl(PR_SET_NAME, name.text)); }
};

struct SchedSetaffinity : Op {
  static constexpr size_t kArgs = 1;
  int cpu;
  void Parse(Args& a) { cpu = static_cast<int>(a.Integer(0, "cpu", 0, INT32_MAX)); }
  int64_t Run() { return PinThread(cpu); }
};

struct SchedGetaffinity : Op {
  static constexpr size_t kArgs = 1;
  int32_t* out;
  size_t room;
  void Parse(Args& a) { out = a.Int32s(0, "out", 0, &room); }
  int64_t Run() {
    cpu_set_t cpus;
    if (sched_getaffinity(0, sizeof cpus, &cpus) == -1) return -errno;
    size_t count = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
      if (!CPU_ISSET(cpu, &cpus)) continue;
      if (count < room) out[count] = cpu;
      count++;
    }
    return static_cast<int64_t>(count);
  }
};

}  // namespace

void RegisterThreads(Registry& registry) {
  registry.Add("gettid", Sync<Gettid>);
  registry.Add("schedYield", Sync<SchedYield>);
  registry.Add("exitNow", Sync<ExitNow>);
  registry.Add("wakeThread", Sync<WakeThread>);
  registry.Add("setThreadName", Sync<SetThreadName>);
  registry.Add("schedSetaffinity", Sync<SchedSetaffinity>);
  registry.Add("schedGetaffinity", Sync<SchedGetaffinity>);
}

}  // namespace fbsys
