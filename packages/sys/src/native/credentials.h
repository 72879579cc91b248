// Being somebody else for the length of one system call.
//
// Credentials are per thread in the kernel; glibc's setuid family changes all threads, so everything here is a
// raw system call on the calling thread. What a scope changed it restores and verifies before any other code
// runs; when that fails the process is aborted, for nothing may go on as somebody else.
#ifndef FB_SYS_CREDENTIALS_H_
#define FB_SYS_CREDENTIALS_H_

#include <linux/capability.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fbsys {

class Args;

// Both 32-bit halves of the 64-bit capability sets.
struct Capabilities {
  __user_cap_data_struct half[2];
};

// Most supplementary groups of a request.
constexpr size_t kGroupsMax = 64;

// [uid, gid, umask, keepCapabilities, ngroups, ...groups] of a Uint32Array.
struct Creds {
  uint32_t uid;
  uint32_t gid;
  uint32_t umask;
  uint32_t keep_capabilities;
  size_t group_count;
  uint32_t groups[kGroupsMax];

  void Parse(Args& args, size_t i);
};

// The calling thread acts on files as `creds` says.
class CredentialScope {
 public:
  explicit CredentialScope(const Creds& creds);
  ~CredentialScope();
  CredentialScope(const CredentialScope&) = delete;
  CredentialScope& operator=(const CredentialScope&) = delete;

  // 0, or -errno when the thread may not become that user: then it is unchanged.
  int status() const { return status_; }

 private:
  int Switch(const Creds& creds);
  void Restore();

  Capabilities saved_;
  uint32_t saved_uid_ = 0;
  uint32_t saved_gid_ = 0;
  std::vector<uint32_t> saved_groups_;
  bool groups_changed_ = false;
  bool switched_ = false;
  int status_;
};

// The calling thread is without CAP_FSETID, so that the kernel clears set-id bits on a change. Does nothing
// when `wanted` is false or the thread has no such capability.
class KillPrivScope {
 public:
  explicit KillPrivScope(bool wanted);
  ~KillPrivScope();
  KillPrivScope(const KillPrivScope&) = delete;
  KillPrivScope& operator=(const KillPrivScope&) = delete;

  int status() const { return status_; }

 private:
  Capabilities saved_;
  bool dropped_ = false;
  int status_ = 0;
};

}  // namespace fbsys

#endif  // FB_SYS_CREDENTIALS_H_
