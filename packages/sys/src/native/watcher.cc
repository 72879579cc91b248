#include "watcher.h"

#include <cerrno>
#include <new>

#include "args.h"
#include "env.h"
#include "registry.h"

namespace fbsys {
namespace {

// Tells our objects from those that another addon wrapped.
constexpr napi_type_tag kTag = {0x6662737973776174, 0x8f6b1d2c93a7e405};
constexpr int kEvents = UV_READABLE | UV_WRITABLE | UV_DISCONNECT | UV_PRIORITIZED;

}  // namespace

napi_value Watcher::Create(napi_env env, int fd, int events, napi_value callback) {
  EnvState* const state = EnvState::Of(env);
  if (state == nullptr || state->closing()) return ToNumber(env, -ESHUTDOWN);
  auto* watcher = new (std::nothrow) Watcher();
  if (watcher == nullptr) return ToNumber(env, -ENOMEM);
  watcher->state_ = state;
  watcher->poll_.data = watcher;
  const int status = uv_poll_init(state->loop(), &watcher->poll_, fd);
  if (status < 0) {
    delete watcher;
    return ToNumber(env, status);
  }
  // From here on the handle owns the watcher and OnClose gives it up.
  state->HandleOpened();
  state->AddWatcher(watcher);
  napi_value object = nullptr;
  const int started = uv_poll_start(&watcher->poll_, events, OnPoll);
  if (started < 0) {
    watcher->Stop();
    return ToNumber(env, started);
  }
  if (napi_create_object(env, &object) != napi_ok || napi_type_tag_object(env, object, &kTag) != napi_ok ||
      napi_wrap(env, object, watcher, OnFinalize, nullptr, nullptr) != napi_ok) {
    watcher->Stop();
    return nullptr;
  }
  watcher->owners_++;
  if (napi_create_reference(env, object, 1, &watcher->object_) != napi_ok ||
      napi_create_reference(env, callback, 1, &watcher->callback_) != napi_ok) {
    watcher->Stop();
    return nullptr;
  }
  return object;
}

Watcher* Watcher::Of(napi_env env, napi_value object) {
  napi_valuetype type = napi_undefined;
  bool ours = false;
  void* data = nullptr;
  if (napi_typeof(env, object, &type) == napi_ok && type == napi_object &&
      napi_check_object_type_tag(env, object, &kTag, &ours) == napi_ok &&
      ours && napi_unwrap(env, object, &data) == napi_ok) {
    return static_cast<Watcher*>(data);
  }
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "watcher must come from watchFd");
  return nullptr;
}

void Watcher::Stop() {
  if (stopped_) return;
  stopped_ = true;
  state_->RemoveWatcher(this);
  // While the env lives; a finalizer runs at the earliest when `object_` is gone.
  if (object_ != nullptr) napi_delete_reference(state_->env(), object_);
  if (callback_ != nullptr) napi_delete_reference(state_->env(), callback_);
  object_ = nullptr;
  callback_ = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), OnClose);
}

void Watcher::SetRef(bool ref) {
  if (stopped_) return;
  auto* handle = reinterpret_cast<uv_handle_t*>(&poll_);
  ref ? uv_ref(handle) : uv_unref(handle);
}

void Watcher::OnPoll(uv_poll_t* poll, int status, int events) {
  auto* watcher = static_cast<Watcher*>(poll->data);
  const napi_env env = watcher->state_->env();
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value callback = nullptr;
  napi_value receiver = nullptr;
  if (napi_get_reference_value(env, watcher->callback_, &callback) == napi_ok &&
      napi_get_reference_value(env, watcher->object_, &receiver) == napi_ok) {
    napi_value argument = ToNumber(env, status < 0 ? status : events);
    const napi_async_context context = watcher->state_->async_context();
    // The callback may stop the watcher; it stays valid until the loop has closed its handle.
    if (napi_make_callback(env, context, receiver, callback, 1, &argument, nullptr) == napi_pending_exception) {
      napi_value exception = nullptr;
      if (napi_get_and_clear_last_exception(env, &exception) == napi_ok) napi_fatal_exception(env, exception);
    }
  }
  napi_close_handle_scope(env, scope);
}

void Watcher::OnClose(uv_handle_t* handle) {
  auto* watcher = static_cast<Watcher*>(handle->data);
  EnvState* const state = watcher->state_;
  watcher->Drop();
  state->HandleClosed();
}

void Watcher::OnFinalize(napi_env, void* data, void*) { static_cast<Watcher*>(data)->Drop(); }

void Watcher::Drop() {
  if (--owners_ == 0) delete this;
}

namespace {

napi_value WatchFd(napi_env env, napi_callback_info info) {
  Args args(env, info, 3);
  const int fd = args.Fd(0, "fd");
  const int events = static_cast<int>(args.Integer(1, "events", 1, kEvents));
  napi_valuetype type = napi_undefined;
  if (args.ok()) napi_typeof(env, args.raw(2), &type);
  if (type != napi_function) args.FailType("callback", "a function");
  return args.ok() ? Watcher::Create(env, fd, events, args.raw(2)) : nullptr;
}

napi_value Unwatch(napi_env env, napi_callback_info info) {
  Args args(env, info, 1);
  Watcher* const watcher = args.ok() ? Watcher::Of(env, args.raw(0)) : nullptr;
  if (watcher != nullptr) watcher->Stop();
  return nullptr;
}

template <bool kRef>
napi_value SetWatchRef(napi_env env, napi_callback_info info) {
  Args args(env, info, 1);
  Watcher* const watcher = args.ok() ? Watcher::Of(env, args.raw(0)) : nullptr;
  if (watcher != nullptr) watcher->SetRef(kRef);
  return nullptr;
}

}  // namespace

void RegisterWatcher(Registry& registry) {
  registry.Add("watchFd", WatchFd);
  registry.Add("unwatch", Unwatch);
  registry.Add("refWatch", SetWatchRef<true>);
  registry.Add("unrefWatch", SetWatchRef<false>);
}

}  // namespace fbsys
