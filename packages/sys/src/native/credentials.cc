#include "credentials.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "args.h"

namespace fbsys {
namespace {

// "No change", hence also "tell me the current one", of setfsuid and setfsgid.
constexpr uint32_t kNobody = UINT32_MAX;

int GetCapabilities(Capabilities* out) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capget, &header, out->half) == -1 ? -errno : 0;
}

int SetCapabilities(const Capabilities& in) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capset, &header, in.half) == -1 ? -errno : 0;
}

bool SameCapabilities(const Capabilities& a, const Capabilities& b) { return memcmp(&a, &b, sizeof a) == 0; }

uint32_t FsUid() { return static_cast<uint32_t>(syscall(SYS_setfsuid, kNobody)); }
uint32_t FsGid() { return static_cast<uint32_t>(syscall(SYS_setfsgid, kNobody)); }

// setfsuid tells success only by the value that is in force afterwards.
bool SetFsUid(uint32_t uid) {
  syscall(SYS_setfsuid, uid);
  return FsUid() == uid;
}
bool SetFsGid(uint32_t gid) {
  syscall(SYS_setfsgid, gid);
  return FsGid() == gid;
}

bool GetGroups(std::vector<uint32_t>* out) {
  const long count = syscall(SYS_getgroups, 0, nullptr);
  if (count < 0) return false;
  out->resize(static_cast<size_t>(count));
  return count == 0 || syscall(SYS_getgroups, count, out->data()) == count;
}

bool SetGroups(const uint32_t* groups, size_t count) { return syscall(SYS_setgroups, count, groups) == 0; }

[[noreturn]] void AbortUnrestored() {
  fputs("fb-sys: the credentials of a thread could not be restored\n", stderr);
  abort();
}

}  // namespace

void Creds::Parse(Args& args, size_t i) {
  size_t length = 0;
  const uint32_t* const words = args.Uint32s(i, "creds", 5, &length);
  if (!args.ok()) return;
  // One copy first: the words may be shared with another thread.
  uint32_t head[5];
  memcpy(head, words, sizeof head);
  if (head[0] == kNobody || head[1] == kNobody) args.FailRange("creds uid and gid", "below 0xffffffff");
  if (head[2] > 0777) args.FailRange("creds umask", "at most 0o777");
  if (head[3] > 2) args.FailRange("creds keepCapabilities", "0, 1 or 2");
  if (head[4] > kGroupsMax || head[4] > length - 5) args.FailRange("creds groups", "at most 64, all present");
  if (!args.ok()) return;
  uid = head[0];
  gid = head[1];
  umask = head[2];
  keep_capabilities = head[3];
  group_count = head[4];
  if (group_count > 0) memcpy(groups, words + 5, group_count * sizeof groups[0]);
  // The order in which the kernel reports them.
  std::sort(groups, groups + group_count);
  if (group_count > 0 && groups[group_count - 1] == kNobody) args.FailRange("creds groups", "below 0xffffffff");
}

// They decide whether something may be done. CAP_FSETID, kept only when asked for, decides what comes of it: without it only
// members of a group get a set-group-id file of that group.
constexpr uint32_t kKept = CAP_TO_MASK(CAP_DAC_OVERRIDE) | CAP_TO_MASK(CAP_DAC_READ_SEARCH) | CAP_TO_MASK(CAP_FOWNER) |
                           CAP_TO_MASK(CAP_MKNOD);

CredentialScope::CredentialScope(const Creds& creds) : status_(Switch(creds)) {
  if (status_ < 0 && switched_) Restore();
}

CredentialScope::~CredentialScope() {
  if (switched_) Restore();
}

int CredentialScope::Switch(const Creds& creds) {
  saved_uid_ = FsUid();
  saved_gid_ = FsGid();
  if (!GetGroups(&saved_groups_)) return -errno;
  const bool other_groups = saved_groups_.size() != creds.group_count ||
                            !std::equal(saved_groups_.begin(), saved_groups_.end(), creds.groups);
  if (!other_groups && saved_uid_ == creds.uid && saved_gid_ == creds.gid) return 0;
  const int status = GetCapabilities(&saved_);
  if (status < 0) return status;

  // Groups and gid first: they need capabilities that the change of uid may take away.
  if (other_groups) {
    if (!SetGroups(creds.groups, creds.group_count)) return -errno;
    groups_changed_ = true;
    switched_ = true;
  }
  if (saved_gid_ != creds.gid) {
    switched_ = true;
    if (!SetFsGid(creds.gid)) return -EPERM;
  }
  if (saved_uid_ != creds.uid) {
    switched_ = true;
    if (!SetFsUid(creds.uid)) return -EPERM;
    if (creds.keep_capabilities > 0 && creds.uid != 0) {
      Capabilities now;
      const int got = GetCapabilities(&now);
      if (got < 0) return got;
      const uint32_t kept = creds.keep_capabilities > 1 ? kKept | CAP_TO_MASK(CAP_FSETID) : kKept;
      now.half[0].effective |= now.half[0].permitted & saved_.half[0].effective & kept;
      const int set = SetCapabilities(now);
      if (set < 0) return set;
    }
  }
  return 0;
}

void CredentialScope::Restore() {
  switched_ = false;
  // The uid before the rest: coming back to 0 raises the file capabilities, which capset then sets exactly.
  const bool uid = SetFsUid(saved_uid_);
  bool restored = SetCapabilities(saved_) == 0;
  restored = SetFsGid(saved_gid_) && uid && restored;
  if (groups_changed_) {
    std::vector<uint32_t> now;
    restored = SetGroups(saved_groups_.data(), saved_groups_.size()) && GetGroups(&now) && now == saved_groups_ &&
               restored;
  }
  Capabilities now;
  restored = GetCapabilities(&now) == 0 && SameCapabilities(now, saved_) && restored;
  if (!restored) AbortUnrestored();
}

KillPrivScope::KillPrivScope(bool wanted) {
  if (!wanted) return;
  status_ = GetCapabilities(&saved_);
  if (status_ < 0 || (saved_.half[0].effective & CAP_TO_MASK(CAP_FSETID)) == 0) return;
  Capabilities without = saved_;
  without.half[0].effective &= ~CAP_TO_MASK(CAP_FSETID);
  status_ = SetCapabilities(without);
  dropped_ = status_ == 0;
}

KillPrivScope::~KillPrivScope() {
  if (!dropped_) return;
  Capabilities now;
  const bool restored =
      SetCapabilities(saved_) == 0 && GetCapabilities(&now) == 0 && SameCapabilities(now, saved_);
  if (!restored) AbortUnrestored();
}

}  // namespace fbsys
