// Where buffers lie.
#include "op.h"
#include "registry.h"

namespace fbsys {
namespace {

struct AlignmentOffset : Op {
  static constexpr size_t kArgs = 2;
  Bytes buffer;
  uint64_t alignment;
  void Parse(Args& a) {
    buffer = a.Whole(0, "buffer");
    alignment = static_cast<uint64_t>(a.Integer(1, "alignment", 1, int64_t{1} << 30));
    if (a.ok() && (alignment & (alignment - 1)) != 0) a.FailRange("alignment", "a power of two");
  }
  int64_t Run() {
    const uint64_t address = reinterpret_cast<uintptr_t>(buffer.data);
    const uint64_t offset = (alignment - (address & (alignment - 1))) & (alignment - 1);
    return offset <= buffer.length ? static_cast<int64_t>(offset) : -ENOSPC;
  }
};

}  // namespace

void RegisterMemory(Registry& registry) { registry.Add("alignmentOffset", Sync<AlignmentOffset>); }

}  // namespace fbsys
