import { z } from 'zod'
import { describeIssues } from './describe-issues.js'
import { MountOptionError } from './mount-option-error.js'

/** Most bytes of a text: the kernel takes all options of a mount as one page. */
const MAX_TEXT = 1024

const text = z
  .string()
  .min(1, 'must not be empty')
  .refine((value) => Buffer.byteLength(value) <= MAX_TEXT, `must have at most ${MAX_TEXT} bytes`)
  .refine((value) => !value.includes('\0'), 'must not contain NUL')

/** A security label travels in quotes where it holds a comma, and nothing can escape a quote there. */
const label = text.refine((value) => !value.includes('"'), 'must not contain a double quote')

const isPowerOfTwo = (value: number): boolean => (value & (value - 1)) === 0

/**
 * Mount options, in camelCase after the `-o` options of libfuse; a `no` in front of those is `false` here.
 * Unknown members are refused. See mount(8) and mount.fuse3(8) for what each does.
 */
export const mountOptions = z
  .strictObject({
    /** Users other than the mounting one may use the mount. Unprivileged: needs `user_allow_other` in /etc/fuse.conf. */
    allowOther: z.boolean().default(false),
    /**
     * Root may use the mount besides its owner, nobody else. As in libfuse it is `allow_other` for the kernel, and
     * requests of others are answered EACCES here; what they do with files that they were handed is let through.
     */
    allowRoot: z.boolean().default(false),
    /** The kernel checks permissions by mode, owner and ACL; without it the file system has to. */
    defaultPermissions: z.boolean().default(false),
    /** Read-only. */
    ro: z.boolean().default(false),
    /** Honour set-user-id, set-group-id and file capabilities. Only for root. */
    suid: z.boolean().default(false),
    /** Honour device nodes. Only for root. */
    dev: z.boolean().default(false),
    /** Allow programs to be executed. */
    exec: z.boolean().default(true),
    /** All writes are synchronous. */
    sync: z.boolean().default(false),
    /** Changes of directories are synchronous. */
    dirsync: z.boolean().default(false),
    /** Keep access times; `false` is `noatime`. */
    atime: z.boolean().default(true),
    /** Keep access times of directories; `false` is `nodiratime`. */
    diratime: z.boolean().default(true),
    /** Keep access times only where they are older than the modification. The kernel's default. */
    relatime: z.boolean().default(false),
    /** Keep access times always, whatever the kernel's default is. */
    strictatime: z.boolean().default(false),
    /** Write times back late (since Linux 4.0). */
    lazytime: z.boolean().default(false),
    /** Follow symbolic links on this mount; `false` is `nosymfollow` (since Linux 5.10). */
    symfollow: z.boolean().default(true),
    /** Most bytes of one READ; the kernel raises it to 4096. */
    maxRead: z.int().min(1).max(0xffff_ffff).optional(),
    /** Block size of a `blkdev` mount: a power of two, 512...65536. */
    blksize: z.int().min(512).max(65536).refine(isPowerOfTwo, 'must be a power of two').optional(),
    /** The file system lives on the block device that `fsname` names (type fuseblk). Only for root. */
    blkdev: z.boolean().default(false),
    /** Source of the mount, the first column of /proc/mounts. */
    fsname: text.optional(),
    /** Type of the mount after `fuse.`, the third column of /proc/mounts. */
    subtype: text.optional(),
    /** `fusermount3` unmounts when this process ends, however it ends. */
    autoUnmount: z.boolean().default(false),
    /** SELinux label of every file. */
    context: label.optional(),
    /** SELinux label of the file system itself. */
    fscontext: label.optional(),
    /** SELinux label of files that have none. */
    defcontext: label.optional(),
    /** SELinux label of the root. */
    rootcontext: label.optional(),
  })
  .refine((options) => !(options.allowOther && options.allowRoot), {
    message: 'allowOther and this exclude each other',
    path: ['allowRoot'],
  })
  .refine((options) => options.blksize === undefined || options.blkdev, {
    message: 'is only for a blkdev mount',
    path: ['blksize'],
  })
  .refine((options) => !options.blkdev || options.fsname !== undefined, {
    message: 'needs fsname, the block device',
    path: ['blkdev'],
  })

/** What a caller may give: see {@link mountOptions}. Every member is optional. */
export type MountOptions = z.input<typeof mountOptions>

/** Mount options with every default filled in. */
export type ResolvedMountOptions = z.output<typeof mountOptions>

/** Checks options and fills in defaults. Throws {@link MountOptionError}. */
export function resolveMountOptions(options: MountOptions): ResolvedMountOptions {
  const result = mountOptions.safeParse(options)
  if (result.success) return result.data
  const [first] = result.error.issues
  const option = first?.path[0]
  throw new MountOptionError(describeIssues(result.error), typeof option === 'string' ? option : undefined)
}
