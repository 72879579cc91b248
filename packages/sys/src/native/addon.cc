// The entry point: runs once per env, keeps nothing global.
#include <node_api.h>

#include "env.h"
#include "registry.h"
#include "watcher.h"
#include "wake.h"

NAPI_MODULE_INIT() {
  using namespace fbsys;
  InstallWakeHandler();
  Registry registry(env, exports);
  RegisterOpen(registry);
  RegisterDescriptors(registry);
  RegisterData(registry);
  RegisterAllocation(registry);
  RegisterCreate(registry);
  RegisterNames(registry);
  RegisterAttributes(registry);
  RegisterStat(registry);
  RegisterHandles(registry);
  RegisterDirectories(registry);
  RegisterXattr(registry);
  RegisterLocks(registry);
  RegisterIoctl(registry);
  RegisterMount(registry);
  RegisterSockets(registry);
  RegisterThreads(registry);
  RegisterMemory(registry);
  RegisterGuestRegions(registry);
  RegisterGuestIo(registry);
  RegisterUnixSockets(registry);
  RegisterWatcher(registry);
  Registry constants = registry.Nested("constants");
  RegisterConstants(constants);
  RegisterKernelConstants(constants);
  Registry errnos = registry.Nested("errnos");
  RegisterErrnos(errnos);
  if (!registry.ok() || !constants.ok() || !errnos.ok() || EnvState::Create(env) == nullptr) {
    napi_throw_error(env, nullptr, "fb-sys could not be initialised in this env");
    return nullptr;
  }
  return exports;
}
