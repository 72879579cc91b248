#include "pool.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "env.h"
#include "thread.h"
#include "wake.h"

namespace fbsys {
namespace {

// First in, first out; any task can be taken out.
class Queue {
 public:
  Task* head() const { return head_; }
  bool empty() const { return head_ == nullptr; }
  unsigned size() const { return size_; }
  void Push(Task* task) {
    task->queued = true;
    task->ahead = tail_;
    task->behind = nullptr;
    (tail_ != nullptr ? tail_->behind : head_) = task;
    tail_ = task;
    size_++;
  }
  void Remove(Task* task) {
    task->queued = false;
    (task->ahead != nullptr ? task->ahead->behind : head_) = task->behind;
    (task->behind != nullptr ? task->behind->ahead : tail_) = task->ahead;
    size_--;
  }
  Task* Pop() {
    Task* const task = head_;
    Remove(task);
    return task;
  }

 private:
  Task* head_ = nullptr;
  Task* tail_ = nullptr;
  unsigned size_ = 0;
};

struct Lane {
  pthread_cond_t ready;
  Queue queue;
  unsigned threads = 0;
  unsigned idle = 0;
  unsigned running = 0;
};

// Tasks inside Run(), so that tokens and interrupts find them. Never destroyed: threads outlive main().
struct Pool {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  Lane lanes[kKinds];
  Task* running[kAllThreads] = {};
  unsigned running_count = 0;
  bool interrupter = false;

  Pool() {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    for (Lane& lane : lanes) pthread_cond_init(&lane.ready, &attributes);
    pthread_condattr_destroy(&attributes);
  }

  Lane& lane(Kind kind) { return lanes[static_cast<unsigned>(kind)]; }
};

Pool& pool() {
  static Pool* const instance = new Pool();
  return *instance;
}

class Locked {
 public:
  Locked() { pthread_mutex_lock(&pool().mutex); }
  ~Locked() { pthread_mutex_unlock(&pool().mutex); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
};

// A signal that arrives before the thread has entered its system call has no effect, so it is sent again until
// the task has left Run(). With the mutex held no task leaves, hence no signal hits a later task's thread.
void* Interrupt(void*) {
  timespec pause = {0, 1000000};
  for (;;) {
    {
      Locked lock;
      bool any = false;
      for (unsigned i = 0; i < pool().running_count; i++) {
        if (!pool().running[i]->interrupting) continue;
        any = true;
        SendWake(pool().running[i]->runner);
      }
      if (!any) {
        pool().interrupter = false;
        return nullptr;
      }
    }
    nanosleep(&pause, nullptr);
    if (pause.tv_nsec < 64000000) pause.tv_nsec *= 2;
  }
}

// With the mutex held. True when the caller must start the interrupter, once it has given the mutex up.
bool InterruptRunning(Task* task) {
  task->interrupting = true;
  SendWake(task->runner);
  if (pool().interrupter) return false;
  pool().interrupter = true;
  return true;
}

// Without a thread for it the caller does the interrupter's work: no cancellation may get lost.
void StartInterrupter() {
  if (!StartThread(Interrupt, nullptr)) Interrupt(nullptr);
}

void RunTask(Task* task, pid_t self) {
  Pool& p = pool();
  task->runner = self;
  p.running[p.running_count++] = task;
  pthread_mutex_unlock(&p.mutex);
  int64_t result;
  // Only our own wake-ups interrupt a thread of the pool; one that was meant for its previous task is ignored.
  do {
    result = task->Run();
  } while (result == -EINTR && !task->cancelled.load());
  pthread_mutex_lock(&p.mutex);
  for (unsigned i = 0; i < p.running_count; i++) {
    if (p.running[i] != task) continue;
    p.running[i] = p.running[--p.running_count];
    break;
  }
  task->runner = 0;
  task->interrupting = false;
  task->result = result;
}

// Waits for a task; false when the thread has been idle for long enough.
bool AwaitTask(Lane* lane) {
  timespec deadline;
  clock_gettime(CLOCK_MONOTONIC, &deadline);
  deadline.tv_sec += kIdleSeconds;
  lane->idle++;
  int status = 0;
  while (lane->queue.empty() && status == 0) {
    status = pthread_cond_timedwait(&lane->ready, &pool().mutex, &deadline);
  }
  lane->idle--;
  return !lane->queue.empty();
}

void* Work(void* argument) {
  Lane* lane = static_cast<Lane*>(argument);
  const pid_t self = static_cast<pid_t>(syscall(SYS_gettid));
  Locked lock;
  for (;;) {
    if (lane->queue.empty() && !AwaitTask(lane)) break;
    Task* task = lane->queue.Pop();
    lane->running++;
    RunTask(task, self);
    lane->running--;
    // The env may delete the task at once.
    EnvComplete(task);
  }
  lane->threads--;
  return nullptr;
}

// With the mutex held: completes a task that no thread has taken.
void Drop(Task* task) {
  task->result = -EINTR;
  EnvComplete(task);
}

}  // namespace

int PoolSubmit(Task* task) {
  Locked lock;
  Lane* lane = &pool().lane(task->kind);
  const bool waits = task->kind == Kind::kWait;
  const unsigned most = waits ? kWaitThreads : kLaneThreads;
  const int refusal = waits ? -ENOLCK : -EAGAIN;
  const bool wanted = lane->idle <= lane->queue.size();
  if (waits ? wanted && lane->threads >= most : lane->queue.size() + lane->running >= kLaneLimit) return refusal;
  if (wanted && lane->threads < most) {
    if (StartThread(Work, lane)) {
      lane->threads++;
    } else if (waits || lane->threads == 0) {
      return refusal;
    }
  }
  lane->queue.Push(task);
  pthread_cond_signal(&lane->ready);
  return 0;
}

unsigned PoolCancelToken(uint64_t token) {
  unsigned found = 0;
  bool start = false;
  {
    Locked lock;
    Queue& queue = pool().lane(Kind::kWait).queue;
    for (Task* task = queue.head(); task != nullptr;) {
      Task* const following = task->behind;
      if (task->token == token) {
        found++;
        queue.Remove(task);
        Drop(task);
      }
      task = following;
    }
    for (unsigned i = 0; i < pool().running_count; i++) {
      Task* const task = pool().running[i];
      if (task->kind != Kind::kWait || task->token != token || task->cancelled.exchange(true)) continue;
      found++;
      start = InterruptRunning(task) || start;
    }
  }
  if (start) StartInterrupter();
  return found;
}

void PoolCancelTask(Task* task) {
  bool start = false;
  {
    Locked lock;
    if (task->queued) {
      pool().lane(task->kind).queue.Remove(task);
      Drop(task);
    } else if (task->runner != 0 && !task->cancelled.exchange(true)) {
      start = InterruptRunning(task);
    }
  }
  if (start) StartInterrupter();
}

}  // namespace fbsys
