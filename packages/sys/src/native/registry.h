// The object that the addon exports, while it is being filled.
#ifndef FB_SYS_REGISTRY_H_
#define FB_SYS_REGISTRY_H_

#include <node_api.h>

#include <cstdint>

namespace fbsys {

class Registry {
 public:
  explicit Registry(napi_env env, napi_value exports) : env_(env), exports_(exports) {}

  void Add(const char* name, napi_callback function) {
    napi_value value = nullptr;
    Check(napi_create_function(env_, name, NAPI_AUTO_LENGTH, function, nullptr, &value));
    if (ok_) Check(napi_set_named_property(env_, exports_, name, value));
  }
  void AddNumber(const char* name, int64_t number) {
    napi_value value = nullptr;
    Check(napi_create_int64(env_, number, &value));
    if (ok_) Check(napi_set_named_property(env_, exports_, name, value));
  }
  // A registry for an object within this one.
  Registry Nested(const char* name) {
    napi_value value = nullptr;
    Check(napi_create_object(env_, &value));
    if (ok_) Check(napi_set_named_property(env_, exports_, name, value));
    return Registry(env_, value);
  }
  bool ok() const { return ok_; }

 private:
  void Check(napi_status status) { ok_ = ok_ && status == napi_ok; }

  napi_env env_;
  napi_value exports_;
  bool ok_ = true;
};

// One function per file of system calls.
void RegisterOpen(Registry& registry);
void RegisterDescriptors(Registry& registry);
void RegisterData(Registry& registry);
void RegisterAllocation(Registry& registry);
void RegisterCreate(Registry& registry);
void RegisterNames(Registry& registry);
void RegisterAttributes(Registry& registry);
void RegisterStat(Registry& registry);
void RegisterHandles(Registry& registry);
void RegisterDirectories(Registry& registry);
void RegisterXattr(Registry& registry);
void RegisterLocks(Registry& registry);
void RegisterIoctl(Registry& registry);
void RegisterMount(Registry& registry);
void RegisterSockets(Registry& registry);
void RegisterThreads(Registry& registry);
void RegisterMemory(Registry& registry);
void RegisterGuestRegions(Registry& registry);
void RegisterGuestIo(Registry& registry);
void RegisterUnixSockets(Registry& registry);
void RegisterConstants(Registry& registry);
void RegisterKernelConstants(Registry& registry);
void RegisterErrnos(Registry& registry);

}  // namespace fbsys

#endif  // FB_SYS_REGISTRY_H_
