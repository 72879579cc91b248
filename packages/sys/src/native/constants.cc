// Constants of libc's headers, on this architecture.
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <uv.h>

#include "bounce.h"
#include "pool.h"
#include "registry.h"
#include "wake.h"

// Newer than some headers that this must compile with.
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

namespace fbsys {

#define C(name) registry.AddNumber(#name, static_cast<int64_t>(name))

void RegisterConstants(Registry& registry) {
  C(S_IFMT); C(S_IFSOCK); C(S_IFLNK); C(S_IFREG); C(S_IFBLK); C(S_IFDIR); C(S_IFCHR); C(S_IFIFO);
  C(S_ISUID); C(S_ISGID); C(S_ISVTX); C(S_IRWXU); C(S_IRUSR); C(S_IWUSR); C(S_IXUSR); C(S_IRWXG);
  C(S_IRGRP); C(S_IWGRP); C(S_IXGRP); C(S_IRWXO); C(S_IROTH); C(S_IWOTH); C(S_IXOTH);
  C(DT_UNKNOWN); C(DT_FIFO); C(DT_CHR); C(DT_DIR); C(DT_BLK); C(DT_REG); C(DT_LNK); C(DT_SOCK);
  C(F_OK); C(R_OK); C(W_OK); C(X_OK);
  C(UTIME_NOW); C(UTIME_OMIT);

  C(MS_RDONLY); C(MS_NOSUID); C(MS_NODEV); C(MS_NOEXEC); C(MS_SYNCHRONOUS); C(MS_REMOUNT); C(MS_MANDLOCK);
  C(MS_DIRSYNC); C(MS_NOSYMFOLLOW); C(MS_NOATIME); C(MS_NODIRATIME); C(MS_BIND); C(MS_MOVE); C(MS_REC);
  C(MS_SILENT); C(MS_POSIXACL); C(MS_UNBINDABLE); C(MS_PRIVATE); C(MS_SLAVE); C(MS_SHARED); C(MS_RELATIME);
  C(MS_STRICTATIME); C(MS_LAZYTIME);
  C(MNT_FORCE); C(MNT_DETACH); C(MNT_EXPIRE); C(UMOUNT_NOFOLLOW);
  C(ST_RDONLY); C(ST_NOSUID);

  C(FALLOC_FL_KEEP_SIZE); C(FALLOC_FL_PUNCH_HOLE); C(FALLOC_FL_NO_HIDE_STALE); C(FALLOC_FL_COLLAPSE_RANGE);
  C(FALLOC_FL_ZERO_RANGE); C(FALLOC_FL_INSERT_RANGE); C(FALLOC_FL_UNSHARE_RANGE);
  C(POSIX_FADV_NORMAL); C(POSIX_FADV_RANDOM); C(POSIX_FADV_SEQUENTIAL); C(POSIX_FADV_WILLNEED);
  C(POSIX_FADV_DONTNEED); C(POSIX_FADV_NOREUSE);
  C(LOCK_SH); C(LOCK_EX); C(LOCK_NB); C(LOCK_UN);

  C(POLLIN); C(POLLPRI); C(POLLOUT); C(POLLERR); C(POLLHUP); C(POLLNVAL); C(POLLRDNORM); C(POLLRDBAND);
  C(POLLWRNORM); C(POLLWRBAND); C(POLLRDHUP);
  C(EPOLLIN); C(EPOLLPRI); C(EPOLLOUT); C(EPOLLERR); C(EPOLLHUP); C(EPOLLRDHUP); C(EPOLLEXCLUSIVE);
  C(EPOLLWAKEUP); C(EPOLLONESHOT); C(EPOLLET);
  C(EFD_CLOEXEC); C(EFD_NONBLOCK); C(EFD_SEMAPHORE);
  C(MFD_CLOEXEC); C(MFD_ALLOW_SEALING); C(MFD_HUGETLB);
  C(GRND_NONBLOCK); C(GRND_RANDOM);

  registry.AddNumber("WATCH_READABLE", UV_READABLE);
  registry.AddNumber("WATCH_WRITABLE", UV_WRITABLE);
  registry.AddNumber("WATCH_DISCONNECT", UV_DISCONNECT);
  registry.AddNumber("WATCH_PRIORITIZED", UV_PRIORITIZED);

  // Sizes and limits of this addon.
  registry.AddNumber("WAKE_SIGNAL", WakeSignal());
  registry.AddNumber("ASYNC_BYTES_MAX", static_cast<int64_t>(kBounceMax));
  registry.AddNumber("ASYNC_BYTES_BUDGET", static_cast<int64_t>(kBounceBudget));
  registry.AddNumber("ASYNC_THREADS_MAX", kLaneThreads);
  registry.AddNumber("ASYNC_WAITS_MAX", kWaitThreads);
}

#undef C

}  // namespace fbsys
