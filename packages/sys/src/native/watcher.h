// A descriptor watched by the event loop of one env.
#ifndef FB_SYS_WATCHER_H_
#define FB_SYS_WATCHER_H_

#include <node_api.h>
#include <uv.h>

namespace fbsys {

class EnvState;
class Registry;

// Lives until its libuv handle is closed and its JavaScript object collected, whichever is later.
class Watcher {
 public:
  // The object that stands for the watcher in JavaScript, or a number -errno, or null with an exception.
  static napi_value Create(napi_env env, int fd, int events, napi_value callback);
  // The watcher of such an object; null, with an exception, for any other value.
  static Watcher* Of(napi_env env, napi_value object);

  // Ends the watching; may be called at any time, also from the callback, also twice.
  void Stop();
  // Whether the watcher keeps the loop alive. No effect once stopped.
  void SetRef(bool ref);

  Watcher* next = nullptr;  // neighbours among the watchers of the env
  Watcher* previous = nullptr;

 private:
  Watcher() = default;
  ~Watcher() = default;
  static void OnPoll(uv_poll_t* poll, int status, int events);
  static void OnClose(uv_handle_t* handle);
  static void OnFinalize(napi_env env, void* data, void* hint);
  void Drop();

  uv_poll_t poll_;
  EnvState* state_ = nullptr;
  napi_ref object_ = nullptr;  // keeps the object alive while the watcher is active
  napi_ref callback_ = nullptr;
  unsigned owners_ = 1;
  bool stopped_ = false;
};

void RegisterWatcher(Registry& registry);

}  // namespace fbsys

#endif  // FB_SYS_WATCHER_H_
