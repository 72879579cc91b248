import { native } from './bindings.js'

/**
 * Constants of the kernel and libc as the addon was compiled with them: several differ between architectures
 * (O_DIRECTORY, O_NOFOLLOW, O_DIRECT, O_LARGEFILE and O_TMPFILE on arm64).
 */
const known = native.constants

function constant(name: string): number {
  const value = known[name]
  if (value === undefined) throw new Error(`@fb/sys: the addon was built without ${name}`)
  return value
}

/** Open flags and access modes, open(2). O_LARGEFILE is the bit that the kernel hands to a FUSE server, not libc's 0. */
export const O_ACCMODE: number = constant('O_ACCMODE')
export const O_RDONLY: number = constant('O_RDONLY')
export const O_WRONLY: number = constant('O_WRONLY')
export const O_RDWR: number = constant('O_RDWR')
export const O_CREAT: number = constant('O_CREAT')
export const O_EXCL: number = constant('O_EXCL')
export const O_NOCTTY: number = constant('O_NOCTTY')
export const O_TRUNC: number = constant('O_TRUNC')
export const O_APPEND: number = constant('O_APPEND')
export const O_NONBLOCK: number = constant('O_NONBLOCK')
export const O_DSYNC: number = constant('O_DSYNC')
export const O_SYNC: number = constant('O_SYNC')
export const O_ASYNC: number = constant('O_ASYNC')
export const O_DIRECT: number = constant('O_DIRECT')
export const O_LARGEFILE: number = constant('O_LARGEFILE')
export const O_DIRECTORY: number = constant('O_DIRECTORY')
export const O_NOFOLLOW: number = constant('O_NOFOLLOW')
export const O_NOATIME: number = constant('O_NOATIME')
export const O_CLOEXEC: number = constant('O_CLOEXEC')
export const O_PATH: number = constant('O_PATH')
export const O_TMPFILE: number = constant('O_TMPFILE')

/** Commands and lock types of fcntl(2), and seals of memfd_create(2). */
export const F_DUPFD: number = constant('F_DUPFD')
export const F_GETFD: number = constant('F_GETFD')
export const F_SETFD: number = constant('F_SETFD')
export const F_GETFL: number = constant('F_GETFL')
export const F_SETFL: number = constant('F_SETFL')
export const F_OFD_GETLK: number = constant('F_OFD_GETLK')
export const F_OFD_SETLK: number = constant('F_OFD_SETLK')
export const F_OFD_SETLKW: number = constant('F_OFD_SETLKW')
export const F_RDLCK: number = constant('F_RDLCK')
export const F_WRLCK: number = constant('F_WRLCK')
export const F_UNLCK: number = constant('F_UNLCK')
export const F_DUPFD_CLOEXEC: number = constant('F_DUPFD_CLOEXEC')
export const F_GETPIPE_SZ: number = constant('F_GETPIPE_SZ')
export const F_SETPIPE_SZ: number = constant('F_SETPIPE_SZ')
export const F_ADD_SEALS: number = constant('F_ADD_SEALS')
export const F_GET_SEALS: number = constant('F_GET_SEALS')
export const F_SEAL_SEAL: number = constant('F_SEAL_SEAL')
export const F_SEAL_SHRINK: number = constant('F_SEAL_SHRINK')
export const F_SEAL_GROW: number = constant('F_SEAL_GROW')
export const F_SEAL_WRITE: number = constant('F_SEAL_WRITE')
export const FD_CLOEXEC: number = constant('FD_CLOEXEC')

/** Flags of the *at calls. */
export const AT_FDCWD: number = constant('AT_FDCWD')
export const AT_SYMLINK_NOFOLLOW: number = constant('AT_SYMLINK_NOFOLLOW')
export const AT_SYMLINK_FOLLOW: number = constant('AT_SYMLINK_FOLLOW')
export const AT_EACCESS: number = constant('AT_EACCESS')
export const AT_REMOVEDIR: number = constant('AT_REMOVEDIR')
export const AT_NO_AUTOMOUNT: number = constant('AT_NO_AUTOMOUNT')
export const AT_EMPTY_PATH: number = constant('AT_EMPTY_PATH')
export const AT_STATX_SYNC_TYPE: number = constant('AT_STATX_SYNC_TYPE')
export const AT_STATX_SYNC_AS_STAT: number = constant('AT_STATX_SYNC_AS_STAT')
export const AT_STATX_FORCE_SYNC: number = constant('AT_STATX_FORCE_SYNC')
export const AT_STATX_DONT_SYNC: number = constant('AT_STATX_DONT_SYNC')
export const AT_HANDLE_FID: number = constant('AT_HANDLE_FID')
export const AT_HANDLE_MNT_ID_UNIQUE: number = constant('AT_HANDLE_MNT_ID_UNIQUE')

/** Masks of statx(2): what is asked for and what was answered. */
export const STATX_TYPE: number = constant('STATX_TYPE')
export const STATX_MODE: number = constant('STATX_MODE')
export const STATX_NLINK: number = constant('STATX_NLINK')
export const STATX_UID: number = constant('STATX_UID')
export const STATX_GID: number = constant('STATX_GID')
export const STATX_ATIME: number = constant('STATX_ATIME')
export const STATX_MTIME: number = constant('STATX_MTIME')
export const STATX_CTIME: number = constant('STATX_CTIME')
export const STATX_INO: number = constant('STATX_INO')
export const STATX_SIZE: number = constant('STATX_SIZE')
export const STATX_BLOCKS: number = constant('STATX_BLOCKS')
export const STATX_BASIC_STATS: number = constant('STATX_BASIC_STATS')
export const STATX_BTIME: number = constant('STATX_BTIME')
export const STATX_MNT_ID: number = constant('STATX_MNT_ID')
export const STATX_DIOALIGN: number = constant('STATX_DIOALIGN')
export const STATX_MNT_ID_UNIQUE: number = constant('STATX_MNT_ID_UNIQUE')
export const STATX_SUBVOL: number = constant('STATX_SUBVOL')

/** Attribute bits of statx(2). */
export const STATX_ATTR_COMPRESSED: number = constant('STATX_ATTR_COMPRESSED')
export const STATX_ATTR_IMMUTABLE: number = constant('STATX_ATTR_IMMUTABLE')
export const STATX_ATTR_APPEND: number = constant('STATX_ATTR_APPEND')
export const STATX_ATTR_NODUMP: number = constant('STATX_ATTR_NODUMP')
export const STATX_ATTR_ENCRYPTED: number = constant('STATX_ATTR_ENCRYPTED')
export const STATX_ATTR_AUTOMOUNT: number = constant('STATX_ATTR_AUTOMOUNT')
export const STATX_ATTR_MOUNT_ROOT: number = constant('STATX_ATTR_MOUNT_ROOT')
export const STATX_ATTR_VERITY: number = constant('STATX_ATTR_VERITY')
export const STATX_ATTR_DAX: number = constant('STATX_ATTR_DAX')

/** Types and permissions in a mode, inode(7). */
export const S_IFMT: number = constant('S_IFMT')
export const S_IFSOCK: number = constant('S_IFSOCK')
export const S_IFLNK: number = constant('S_IFLNK')
export const S_IFREG: number = constant('S_IFREG')
export const S_IFBLK: number = constant('S_IFBLK')
export const S_IFDIR: number = constant('S_IFDIR')
export const S_IFCHR: number = constant('S_IFCHR')
export const S_IFIFO: number = constant('S_IFIFO')
export const S_ISUID: number = constant('S_ISUID')
export const S_ISGID: number = constant('S_ISGID')
export const S_ISVTX: number = constant('S_ISVTX')
export const S_IRWXU: number = constant('S_IRWXU')
export const S_IRUSR: number = constant('S_IRUSR')
export const S_IWUSR: number = constant('S_IWUSR')
export const S_IXUSR: number = constant('S_IXUSR')
export const S_IRWXG: number = constant('S_IRWXG')
export const S_IRGRP: number = constant('S_IRGRP')
export const S_IWGRP: number = constant('S_IWGRP')
export const S_IXGRP: number = constant('S_IXGRP')
export const S_IRWXO: number = constant('S_IRWXO')
export const S_IROTH: number = constant('S_IROTH')
export const S_IWOTH: number = constant('S_IWOTH')
export const S_IXOTH: number = constant('S_IXOTH')

/** Types of directory entries, getdents64(2). */
export const DT_UNKNOWN: number = constant('DT_UNKNOWN')
export const DT_FIFO: number = constant('DT_FIFO')
export const DT_CHR: number = constant('DT_CHR')
export const DT_DIR: number = constant('DT_DIR')
export const DT_BLK: number = constant('DT_BLK')
export const DT_REG: number = constant('DT_REG')
export const DT_LNK: number = constant('DT_LNK')
export const DT_SOCK: number = constant('DT_SOCK')

/** Modes of access(2). */
export const F_OK: number = constant('F_OK')
export const R_OK: number = constant('R_OK')
export const W_OK: number = constant('W_OK')
export const X_OK: number = constant('X_OK')

/** Nanoseconds that mean now and unchanged, utimensat(2). */
export const UTIME_NOW: number = constant('UTIME_NOW')
export const UTIME_OMIT: number = constant('UTIME_OMIT')

/** Resolution limits of openat2(2). */
export const RESOLVE_NO_XDEV: number = constant('RESOLVE_NO_XDEV')
export const RESOLVE_NO_MAGICLINKS: number = constant('RESOLVE_NO_MAGICLINKS')
export const RESOLVE_NO_SYMLINKS: number = constant('RESOLVE_NO_SYMLINKS')
export const RESOLVE_BENEATH: number = constant('RESOLVE_BENEATH')
export const RESOLVE_IN_ROOT: number = constant('RESOLVE_IN_ROOT')
export const RESOLVE_CACHED: number = constant('RESOLVE_CACHED')

/** Flags of renameat2(2). */
export const RENAME_NOREPLACE: number = constant('RENAME_NOREPLACE')
export const RENAME_EXCHANGE: number = constant('RENAME_EXCHANGE')
export const RENAME_WHITEOUT: number = constant('RENAME_WHITEOUT')

/** Origins of lseek(2). */
export const SEEK_SET: number = constant('SEEK_SET')
export const SEEK_CUR: number = constant('SEEK_CUR')
export const SEEK_END: number = constant('SEEK_END')
export const SEEK_DATA: number = constant('SEEK_DATA')
export const SEEK_HOLE: number = constant('SEEK_HOLE')

/** Flags of one read or write, preadv2(2). */
export const RWF_HIPRI: number = constant('RWF_HIPRI')
export const RWF_DSYNC: number = constant('RWF_DSYNC')
export const RWF_SYNC: number = constant('RWF_SYNC')
export const RWF_NOWAIT: number = constant('RWF_NOWAIT')
export const RWF_APPEND: number = constant('RWF_APPEND')
export const RWF_NOAPPEND: number = constant('RWF_NOAPPEND')
export const RWF_ATOMIC: number = constant('RWF_ATOMIC')
export const RWF_DONTCACHE: number = constant('RWF_DONTCACHE')

/** Flags of setxattr(2) and limits of extended attributes in bytes, xattr(7). */
export const XATTR_CREATE: number = constant('XATTR_CREATE')
export const XATTR_REPLACE: number = constant('XATTR_REPLACE')
export const XATTR_NAME_MAX: number = constant('XATTR_NAME_MAX')
export const XATTR_SIZE_MAX: number = constant('XATTR_SIZE_MAX')
export const XATTR_LIST_MAX: number = constant('XATTR_LIST_MAX')

/** Modes of fallocate(2). */
export const FALLOC_FL_KEEP_SIZE: number = constant('FALLOC_FL_KEEP_SIZE')
export const FALLOC_FL_PUNCH_HOLE: number = constant('FALLOC_FL_PUNCH_HOLE')
export const FALLOC_FL_NO_HIDE_STALE: number = constant('FALLOC_FL_NO_HIDE_STALE')
export const FALLOC_FL_COLLAPSE_RANGE: number = constant('FALLOC_FL_COLLAPSE_RANGE')
export const FALLOC_FL_ZERO_RANGE: number = constant('FALLOC_FL_ZERO_RANGE')
export const FALLOC_FL_INSERT_RANGE: number = constant('FALLOC_FL_INSERT_RANGE')
export const FALLOC_FL_UNSHARE_RANGE: number = constant('FALLOC_FL_UNSHARE_RANGE')

/** Advice of posix_fadvise(2). */
export const POSIX_FADV_NORMAL: number = constant('POSIX_FADV_NORMAL')
export const POSIX_FADV_RANDOM: number = constant('POSIX_FADV_RANDOM')
export const POSIX_FADV_SEQUENTIAL: number = constant('POSIX_FADV_SEQUENTIAL')
export const POSIX_FADV_WILLNEED: number = constant('POSIX_FADV_WILLNEED')
export const POSIX_FADV_DONTNEED: number = constant('POSIX_FADV_DONTNEED')
export const POSIX_FADV_NOREUSE: number = constant('POSIX_FADV_NOREUSE')

/** Operations of flock(2). */
export const LOCK_SH: number = constant('LOCK_SH')
export const LOCK_EX: number = constant('LOCK_EX')
export const LOCK_NB: number = constant('LOCK_NB')
export const LOCK_UN: number = constant('LOCK_UN')

/** Flags of mount(2). */
export const MS_RDONLY: number = constant('MS_RDONLY')
export const MS_NOSUID: number = constant('MS_NOSUID')
export const MS_NODEV: number = constant('MS_NODEV')
export const MS_NOEXEC: number = constant('MS_NOEXEC')
export const MS_SYNCHRONOUS: number = constant('MS_SYNCHRONOUS')
export const MS_REMOUNT: number = constant('MS_REMOUNT')
export const MS_MANDLOCK: number = constant('MS_MANDLOCK')
export const MS_DIRSYNC: number = constant('MS_DIRSYNC')
export const MS_NOSYMFOLLOW: number = constant('MS_NOSYMFOLLOW')
export const MS_NOATIME: number = constant('MS_NOATIME')
export const MS_NODIRATIME: number = constant('MS_NODIRATIME')
export const MS_BIND: number = constant('MS_BIND')
export const MS_MOVE: number = constant('MS_MOVE')
export const MS_REC: number = constant('MS_REC')
export const MS_SILENT: number = constant('MS_SILENT')
export const MS_POSIXACL: number = constant('MS_POSIXACL')
export const MS_UNBINDABLE: number = constant('MS_UNBINDABLE')
export const MS_PRIVATE: number = constant('MS_PRIVATE')
export const MS_SLAVE: number = constant('MS_SLAVE')
export const MS_SHARED: number = constant('MS_SHARED')
export const MS_RELATIME: number = constant('MS_RELATIME')
export const MS_STRICTATIME: number = constant('MS_STRICTATIME')
export const MS_LAZYTIME: number = constant('MS_LAZYTIME')

/** Flags of umount2(2). */
export const MNT_FORCE: number = constant('MNT_FORCE')
export const MNT_DETACH: number = constant('MNT_DETACH')
export const MNT_EXPIRE: number = constant('MNT_EXPIRE')
export const UMOUNT_NOFOLLOW: number = constant('UMOUNT_NOFOLLOW')

/** Flags in what statfs(2) reports. */
export const ST_RDONLY: number = constant('ST_RDONLY')
export const ST_NOSUID: number = constant('ST_NOSUID')

/** Events of poll(2). */
export const POLLIN: number = constant('POLLIN')
export const POLLPRI: number = constant('POLLPRI')
export const POLLOUT: number = constant('POLLOUT')
export const POLLERR: number = constant('POLLERR')
export const POLLHUP: number = constant('POLLHUP')
export const POLLNVAL: number = constant('POLLNVAL')
export const POLLRDNORM: number = constant('POLLRDNORM')
export const POLLRDBAND: number = constant('POLLRDBAND')
export const POLLWRNORM: number = constant('POLLWRNORM')
export const POLLWRBAND: number = constant('POLLWRBAND')
export const POLLRDHUP: number = constant('POLLRDHUP')

/** Events of epoll(7). */
export const EPOLLIN: number = constant('EPOLLIN')
export const EPOLLPRI: number = constant('EPOLLPRI')
export const EPOLLOUT: number = constant('EPOLLOUT')
export const EPOLLERR: number = constant('EPOLLERR')
export const EPOLLHUP: number = constant('EPOLLHUP')
export const EPOLLRDHUP: number = constant('EPOLLRDHUP')
export const EPOLLEXCLUSIVE: number = constant('EPOLLEXCLUSIVE')
export const EPOLLWAKEUP: number = constant('EPOLLWAKEUP')
export const EPOLLONESHOT: number = constant('EPOLLONESHOT')
export const EPOLLET: number = constant('EPOLLET')

/** Flags of eventfd(2). */
export const EFD_CLOEXEC: number = constant('EFD_CLOEXEC')
export const EFD_NONBLOCK: number = constant('EFD_NONBLOCK')
export const EFD_SEMAPHORE: number = constant('EFD_SEMAPHORE')

/** Flags of memfd_create(2). */
export const MFD_CLOEXEC: number = constant('MFD_CLOEXEC')
export const MFD_ALLOW_SEALING: number = constant('MFD_ALLOW_SEALING')
export const MFD_HUGETLB: number = constant('MFD_HUGETLB')

/** Flags of getrandom(2). */
export const GRND_NONBLOCK: number = constant('GRND_NONBLOCK')
export const GRND_RANDOM: number = constant('GRND_RANDOM')

/** Requests of ioctl(2) that file systems know. */
export const FS_IOC_GETFLAGS: number = constant('FS_IOC_GETFLAGS')
export const FS_IOC_SETFLAGS: number = constant('FS_IOC_SETFLAGS')
export const FS_IOC_GETVERSION: number = constant('FS_IOC_GETVERSION')
export const FS_IOC_FSGETXATTR: number = constant('FS_IOC_FSGETXATTR')
export const FS_IOC_FSSETXATTR: number = constant('FS_IOC_FSSETXATTR')
export const FICLONE: number = constant('FICLONE')
export const FICLONERANGE: number = constant('FICLONERANGE')
export const FITRIM: number = constant('FITRIM')

/** Events of {@link watchFd}. */
export const WATCH_READABLE: number = constant('WATCH_READABLE')
export const WATCH_WRITABLE: number = constant('WATCH_WRITABLE')
export const WATCH_DISCONNECT: number = constant('WATCH_DISCONNECT')
export const WATCH_PRIORITIZED: number = constant('WATCH_PRIORITIZED')

/** The signal behind {@link wakeThread} and {@link cancelToken}. Nothing else may use it. */
export const WAKE_SIGNAL: number = constant('WAKE_SIGNAL')

/**
 * Limits of the `Async` functions: bytes of one call, bytes in flight in the process, threads for calls that end by
 * themselves and are of one kind, threads for lock waits.
 */
export const ASYNC_BYTES_MAX: number = constant('ASYNC_BYTES_MAX')
export const ASYNC_BYTES_BUDGET: number = constant('ASYNC_BYTES_BUDGET')
export const ASYNC_THREADS_MAX: number = constant('ASYNC_THREADS_MAX')
export const ASYNC_WAITS_MAX: number = constant('ASYNC_WAITS_MAX')
