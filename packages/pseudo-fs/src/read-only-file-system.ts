import { type AttrReply, type CreateReply, type Entry, Errno, type FileSystem, type Outcome } from '@fb/api'

/**
 * Refuses every change with EROFS, as a native file system that is mounted read-only does. Leaving the methods away
 * would say something else: that the file system has no such feature.
 */
export class ReadOnlyFileSystem implements FileSystem {
  setattr(): Outcome<AttrReply> {
    return Errno.EROFS
  }

  symlink(): Outcome<Entry> {
    return Errno.EROFS
  }

  mknod(): Outcome<Entry> {
    return Errno.EROFS
  }

  mkdir(): Outcome<Entry> {
    return Errno.EROFS
  }

  unlink(): Outcome<void> {
    return Errno.EROFS
  }

  rmdir(): Outcome<void> {
    return Errno.EROFS
  }

  rename(): Outcome<void> {
    return Errno.EROFS
  }

  link(): Outcome<Entry> {
    return Errno.EROFS
  }

  create(): Outcome<CreateReply> {
    return Errno.EROFS
  }

  tmpfile(): Outcome<CreateReply> {
    return Errno.EROFS
  }

  write(): Outcome<number> {
    return Errno.EROFS
  }

  setxattr(): Outcome<void> {
    return Errno.EROFS
  }

  removexattr(): Outcome<void> {
    return Errno.EROFS
  }
}
