// The memory of an operation that outlives the call that started it.
//
// A JavaScript buffer may be detached, shrunk or collected while another thread works, so the operation works
// on memory of its own: input is copied in beforehand, output is copied out afterwards, once the view has been
// looked at again. All tasks of the process share one budget.
#ifndef FB_SYS_BOUNCE_H_
#define FB_SYS_BOUNCE_H_

#include <node_api.h>

#include <cstddef>
#include <cstdint>

#include "args.h"

namespace fbsys {

// Most bytes of one operation.
constexpr size_t kBounceMax = size_t{64} << 20;
// Most bytes of all operations in flight in the process; beyond it an operation is refused with -EAGAIN.
constexpr size_t kBounceBudget = size_t{1} << 30;

// How much of the memory goes back into the view: as much as the result says, all of it on success, or all of it.
enum class CopyBack : uint8_t { kResult, kAll, kAlways };

class Bounce {
 public:
  Bounce() = default;
  ~Bounce();
  Bounce(const Bounce&) = delete;
  Bounce& operator=(const Bounce&) = delete;

  Bytes In(Bytes from);
  Bytes Out(napi_env env, napi_value view, size_t offset, size_t length, CopyBack back);
  Bytes InOut(napi_env env, napi_value view, Bytes from);

  // True when there was no memory: the operation must not run.
  bool refused() const { return refused_; }
  // Copies the output into the view as far as it still reaches. On the thread of `env`.
  void Return(napi_env env, int64_t result);
  // Lets the view go. On the thread of `env`, before the bounce is destroyed.
  void Release(napi_env env);

 private:
  bool Allocate(size_t length);

  uint8_t* memory_ = nullptr;
  size_t length_ = 0;
  size_t offset_ = 0;
  napi_ref view_ = nullptr;
  CopyBack back_ = CopyBack::kResult;
  bool refused_ = false;
};

}  // namespace fbsys

#endif  // FB_SYS_BOUNCE_H_
