// An operation as somebody else.
#ifndef FB_SYS_AS_H_
#define FB_SYS_AS_H_

#include "credentials.h"
#include "op.h"

namespace fbsys {

// The same with the credentials before the other arguments. `Mask` takes a umask from the mode of what is made.
template <class T>
struct As : Op {
  static constexpr size_t kArgs = T::kArgs + 1;
  Creds creds;
  T op;
  void Parse(Args& a) {
    creds.Parse(a, 0);
    op.Parse(a, 1);
  }
  int64_t Run() {
    const CredentialScope scope(creds);
    if (scope.status() < 0) return scope.status();
    op.Mask(creds.umask);
    return op.Run();
  }
};

}  // namespace fbsys

#endif  // FB_SYS_AS_H_
