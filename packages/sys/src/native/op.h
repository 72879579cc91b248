// One operation, two ways to run it.
//
// An operation is a struct that reads its arguments (Parse) and makes its system call (Run, which returns a
// number >= 0 or -errno and touches no JavaScript). Sync<Op> does both within the call; Async<Op> parses there,
// runs on a thread of the pool and settles a promise.
#ifndef FB_SYS_OP_H_
#define FB_SYS_OP_H_

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>

#include "args.h"
#include "task.h"

namespace fbsys {

struct Op {
  // The result is a descriptor, to be closed when nobody is left to take it.
  static constexpr bool kReturnsFd = false;
  // What it waits for where it is asynchronous.
  static constexpr Kind kKind = Kind::kTransfer;
};

// The convention of the addon for a libc or raw call that answers -1 and sets errno.
inline int64_t Sys(int64_t result) { return result == -1 ? -errno : result; }

template <class T>
napi_value Sync(napi_env env, napi_callback_info info) {
  Args args(env, info, T::kArgs);
  T op;
  op.Parse(args);
  if (!args.ok()) return nullptr;
  return ToNumber(env, op.Run());
}

template <class T>
class OpTask final : public Task {
 public:
  T op;

 private:
  int64_t Run() override { return op.Run(); }
  bool ReturnsFd() const override { return T::kReturnsFd; }
};

// The arguments of T; where `kWaits`, one more after them: the token that cancels the wait.
template <class T, bool kWaits>
napi_value Start(napi_env env, napi_callback_info info) {
  static_assert(T::kArgs + kWaits <= Args::kMax);
  auto* task = new (std::nothrow) OpTask<T>();
  if (task == nullptr) return Settled(env, -ENOMEM);
  Args args(env, info, T::kArgs + kWaits, &task->bounce);
  task->kind = T::kKind;
  task->op.Parse(args);
  const uint64_t token = kWaits ? args.Uint64(T::kArgs, "token") : 0;
  if (!args.ok()) {
    Discard(env, task);
    return nullptr;
  }
  return kWaits ? SubmitWait(env, task, token) : Submit(env, task);
}

template <class T>
napi_value Async(napi_env env, napi_callback_info info) {
  return Start<T, false>(env, info);
}

template <class T>
napi_value AsyncWait(napi_env env, napi_callback_info info) {
  return Start<T, true>(env, info);
}

}  // namespace fbsys

#endif  // FB_SYS_OP_H_
