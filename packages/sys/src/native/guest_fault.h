// Surviving SIGBUS: memory of a guest whose file was truncated, or has run out of pages, under the mapping.
#ifndef FB_SYS_GUEST_FAULT_H_
#define FB_SYS_GUEST_FAULT_H_

#include <cstdint>

namespace fbsys {

// Installs the handler, once per process. A fault inside a guest region replaces the whole region by zeroes,
// marks it broken and lets the thread go on, wherever it was: in compiled JavaScript or in a copy loop. One
// replacement per region bounds the number of mappings. Any other fault goes to the handler that was there
// before, or kills the process as it would have.
void InstallGuestFaultHandler();

// Regions that were replaced since the process began.
uint32_t GuestFaults();

}  // namespace fbsys

#endif  // FB_SYS_GUEST_FAULT_H_
