// What the addon keeps for one env (the main thread or one worker): its tasks in flight and its watchers.
//
// There is no other state per env and none that envs share except the pool. An env that goes away cancels what
// it has in flight and waits for it: once a worker has exited, none of its calls touches a descriptor any more.
#ifndef FB_SYS_ENV_H_
#define FB_SYS_ENV_H_

#include <node_api.h>
#include <pthread.h>
#include <uv.h>

#include "task.h"

namespace fbsys {

class Watcher;

class EnvState {
 public:
  // Creates the state of an env and ties it to the env's life. Null when the env cannot have one.
  static EnvState* Create(napi_env env);
  static EnvState* Of(napi_env env);

  napi_env env() const { return env_; }
  uv_loop_t* loop() const { return loop_; }
  napi_async_context async_context() const { return async_context_; }
  bool closing() const { return closing_; }

  // A promise for `task`, which the pool is given.
  napi_value Start(Task* task);
  // From a thread of the pool: the task is done. Takes it back.
  void Complete(Task* task);

  void AddWatcher(Watcher* watcher);
  void RemoveWatcher(Watcher* watcher);
  // A libuv handle of this env was closed for good.
  void HandleClosed();
  void HandleOpened() { open_handles_++; }

 private:
  explicit EnvState(napi_env env) : env_(env) {}
  ~EnvState();

  static void OnAsync(uv_async_t* async);
  static void OnTeardown(napi_async_cleanup_hook_handle hook, void* argument);
  Task* TakeDone();
  void Settle(Task* done);
  void Forget(Task* task);
  void CloseIfIdle();

  napi_env env_;
  uv_loop_t* loop_ = nullptr;
  uv_async_t async_;
  napi_async_context async_context_ = nullptr;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  Task* in_flight_ = nullptr;
  Watcher* watchers_ = nullptr;
  unsigned open_handles_ = 0;
  bool closing_ = false;
  bool async_closed_ = false;

  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;  // guards the two below
  Task* done_head_ = nullptr;
  Task* done_tail_ = nullptr;
};

// Hands a finished task back to its env; the task may be gone on return.
void EnvComplete(Task* task);

}  // namespace fbsys

#endif  // FB_SYS_ENV_H_
