#include "env.h"

#include <unistd.h>

#include <cerrno>
#include <new>

#include "args.h"
#include "pool.h"
#include "watcher.h"

namespace fbsys {

EnvState* EnvState::Create(napi_env env) {
  auto* state = new (std::nothrow) EnvState(env);
  if (state == nullptr) return nullptr;
  napi_value name = nullptr;
  if (napi_get_uv_event_loop(env, &state->loop_) != napi_ok ||
      napi_create_string_utf8(env, "fb-sys", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(env, nullptr, name, &state->async_context_) != napi_ok ||
      uv_async_init(state->loop_, &state->async_, OnAsync) != 0) {
    delete state;
    return nullptr;
  }
  state->async_.data = state;
  state->HandleOpened();
  // The loop is kept alive by tasks, not by the possibility of one.
  uv_unref(reinterpret_cast<uv_handle_t*>(&state->async_));
  if (napi_set_instance_data(env, state, nullptr, nullptr) != napi_ok ||
      napi_add_async_cleanup_hook(env, OnTeardown, state, &state->hook_) != napi_ok) {
    state->closing_ = true;
    state->CloseIfIdle();
    return nullptr;
  }
  return state;
}

EnvState* EnvState::Of(napi_env env) {
  void* data = nullptr;
  return napi_get_instance_data(env, &data) == napi_ok ? static_cast<EnvState*>(data) : nullptr;
}

EnvState::~EnvState() { pthread_mutex_destroy(&mutex_); }

napi_value EnvState::Start(Task* task) {
  napi_value promise = nullptr;
  if (napi_create_promise(env_, &task->deferred, &promise) != napi_ok) {
    Discard(env_, task);
    return nullptr;
  }
  task->env = this;
  if (in_flight_ == nullptr) uv_ref(reinterpret_cast<uv_handle_t*>(&async_));
  task->next = in_flight_;
  if (in_flight_ != nullptr) in_flight_->previous = task;
  in_flight_ = task;
  const int status = task->bounce.refused() ? -EAGAIN : PoolSubmit(task);
  if (status < 0) {
    napi_value result = ToNumber(env_, status);
    napi_resolve_deferred(env_, task->deferred, result);
    Forget(task);
  }
  return promise;
}

void EnvState::Complete(Task* task) {
  pthread_mutex_lock(&mutex_);
  task->next_done = nullptr;
  if (done_tail_ != nullptr) done_tail_->next_done = task;
  if (done_head_ == nullptr) done_head_ = task;
  done_tail_ = task;
  uv_async_send(&async_);
  pthread_mutex_unlock(&mutex_);
}

Task* EnvState::TakeDone() {
  pthread_mutex_lock(&mutex_);
  Task* const done = done_head_;
  done_head_ = nullptr;
  done_tail_ = nullptr;
  pthread_mutex_unlock(&mutex_);
  return done;
}

void EnvState::OnAsync(uv_async_t* async) {
  auto* state = static_cast<EnvState*>(async->data);
  Task* const done = state->TakeDone();
  if (done != nullptr) state->Settle(done);
  if (state->closing_) state->CloseIfIdle();
}

// Resolves a batch of promises inside one callback scope, whose end runs the microtasks.
void EnvState::Settle(Task* done) {
  napi_handle_scope handles = nullptr;
  napi_callback_scope callbacks = nullptr;
  bool alive = !closing_ && napi_open_handle_scope(env_, &handles) == napi_ok;
  if (alive) {
    napi_value resource = nullptr;
    alive = napi_create_object(env_, &resource) == napi_ok &&
            napi_open_callback_scope(env_, resource, async_context_, &callbacks) == napi_ok;
  }
  while (done != nullptr) {
    Task* const task = done;
    done = task->next_done;
    bool taken = false;
    if (alive) {
      task->bounce.Return(env_, task->result);
      taken = napi_resolve_deferred(env_, task->deferred, ToNumber(env_, task->result)) == napi_ok;
    }
    if (!taken && task->result >= 0 && task->ReturnsFd()) close(static_cast<int>(task->result));
    Forget(task);
  }
  if (callbacks != nullptr) napi_close_callback_scope(env_, callbacks);
  if (handles != nullptr) napi_close_handle_scope(env_, handles);
}

void EnvState::Forget(Task* task) {
  if (task->previous != nullptr) task->previous->next = task->next;
  if (task->next != nullptr) task->next->previous = task->previous;
  if (in_flight_ == task) in_flight_ = task->next;
  Discard(env_, task);
  if (in_flight_ == nullptr) uv_unref(reinterpret_cast<uv_handle_t*>(&async_));
}

void EnvState::AddWatcher(Watcher* watcher) {
  watcher->next = watchers_;
  if (watchers_ != nullptr) watchers_->previous = watcher;
  watchers_ = watcher;
}

void EnvState::RemoveWatcher(Watcher* watcher) {
  if (watcher->previous != nullptr) watcher->previous->next = watcher->next;
  if (watcher->next != nullptr) watcher->next->previous = watcher->previous;
  if (watchers_ == watcher) watchers_ = watcher->next;
  watcher->next = nullptr;
  watcher->previous = nullptr;
}

void EnvState::OnTeardown(napi_async_cleanup_hook_handle, void* argument) {
  auto* state = static_cast<EnvState*>(argument);
  state->closing_ = true;
  while (state->watchers_ != nullptr) state->watchers_->Stop();
  for (Task* task = state->in_flight_; task != nullptr; task = task->next) PoolCancelTask(task);
  state->CloseIfIdle();
}

void EnvState::CloseIfIdle() {
  if (in_flight_ != nullptr || async_closed_) return;
  async_closed_ = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&async_), [](uv_handle_t* handle) {
    static_cast<EnvState*>(handle->data)->HandleClosed();
  });
}

void EnvState::HandleClosed() {
  if (--open_handles_ > 0 || !closing_) return;
  if (hook_ != nullptr) napi_remove_async_cleanup_hook(hook_);
  delete this;
}

void EnvComplete(Task* task) { task->env->Complete(task); }

napi_value Submit(napi_env env, Task* task) {
  EnvState* const state = EnvState::Of(env);
  if (state != nullptr) return state->Start(task);
  Discard(env, task);
  napi_throw_error(env, nullptr, "this env is being torn down");
  return nullptr;
}

napi_value SubmitWait(napi_env env, Task* task, uint64_t token) {
  task->kind = Kind::kWait;
  task->token = token;
  return Submit(env, task);
}

napi_value Settled(napi_env env, int64_t result) {
  napi_deferred deferred = nullptr;
  napi_value promise = nullptr;
  if (napi_create_promise(env, &deferred, &promise) != napi_ok) return nullptr;
  napi_resolve_deferred(env, deferred, ToNumber(env, result));
  return promise;
}

void Discard(napi_env env, Task* task) {
  task->bounce.Release(env);
  delete task;
}

}  // namespace fbsys
