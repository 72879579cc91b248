import { z } from 'zod'
import { MAX_HANDLES } from './tables/handle-table.js'
import { MAX_INODES } from './tables/inode-table.js'

const seconds = z.number().nonnegative()
const count = (most: number) => z.number().int().positive().max(most)

/**
 * Options of a {@link PassthroughFs}, as a schema: `passthroughOptions.parse(...)` fills in what is missing and throws
 * a ZodError for what is wrong. On a command line the names are the same in kebab-case.
 */
export const passthroughOptions = z
  .strictObject({
    /** Directory or regular file of the host that becomes the root. Symbolic links in it are followed, once. */
    source: z.union([
      z.string().min(1),
      z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be text or bytes'),
    ]),
    /**
     * What the kernel of the client may keep: `never` (nothing, files are read and written directly), `metadata` (names
     * and attributes for a day, no file data), `auto` (for a second; file data while size and mtime stay), `always`
     * (everything for a day: only where nobody else changes the files). Default `auto`.
     */
    cache: z.enum(['never', 'metadata', 'auto', 'always']).default('auto'),
    /** Seconds for which attributes are kept, in place of what `cache` says. */
    attrTimeout: seconds.optional(),
    /** Seconds for which names are kept, in place of what `cache` says. */
    entryTimeout: seconds.optional(),
    /** As `attrTimeout`, for directories; default the same. */
    directoryAttrTimeout: seconds.optional(),
    /** As `entryTimeout`, for directories; default the same. */
    directoryEntryTimeout: seconds.optional(),
    /** Seconds for which it is kept that a name does not exist. Default 0. */
    negativeTimeout: seconds.default(0),
    /** Let the kernel gather writes (WRITEBACK_CACHE). Not with `cache` `never` or `metadata`. Default false. */
    writeback: z.boolean().default(false),
    /** Refuse every change with EROFS. Default false. */
    readOnly: z.boolean().default(false),
    /** Pass extended attributes through; EOPNOTSUPP where false. Default true. */
    xattr: z.boolean().default(true),
    /** Have the kernel obey POSIX ACLs (POSIX_ACL). Without it they are neither shown nor settable. Default false. */
    posixAcl: z.boolean().default(false),
    /** Take POSIX and flock(2) locks on the host, so that they hold between clients; else the kernel keeps them. Default true. */
    locks: z.boolean().default(true),
    /**
     * Remember inodes by file handle in place of a descriptor each: `prefer` where the host allows it
     * (CAP_DAC_READ_SEARCH, and a file system that can), `mandatory` or fail, `never`. Default `prefer`.
     */
    inodeFileHandles: z.enum(['never', 'prefer', 'mandatory']).default('prefer'),
    /** Show mounts below the source as mounts of their own (SUBMOUNTS). Default false. */
    announceSubmounts: z.boolean().default(false),
    /**
     * Inode numbers that programs see. `unique` mixes the device into those of file systems other than the source's, so
     * that no two files share one; `host` leaves them as they are. Default `unique`.
     */
    inodeNumbers: z.enum(['unique', 'host']).default('unique'),
    /** Pass O_DIRECT on to the host; else it is taken off. Default true. */
    allowDirectIo: z.boolean().default(true),
    /** Allow shared mappings of files that are not cached (`never`, `metadata`): not coherent with the host. Default false. */
    allowMmap: z.boolean().default(false),
    /** Pass O_NOATIME on, as far as this process may (CAP_FOWNER for files of others); else it is taken off. Default true. */
    preserveNoatime: z.boolean().default(true),
    /**
     * Leave access times of what is read alone, as a mount with `noatime` does (mount(8)); with `readOnly` always. Files of
     * others need CAP_FOWNER. Not for symbolic links. Default false.
     */
    noatime: z.boolean().default(false),
    /** As `noatime`, for directories alone. Default false. */
    nodiratime: z.boolean().default(false),
    /** The mount at which this process serves, where the source may have it in it: `shared` of an `OwnMount`. */
    ownMount: z.custom<SharedArrayBuffer>((value) => value instanceof SharedArrayBuffer).optional(),
    /** When directories are listed together with attributes. Default `auto`: the kernel chooses. */
    readdirplus: z.enum(['never', 'auto', 'always']).default('auto'),
    /**
     * True for a thread that does nothing else: every call waits for the host, but for fsync where that is slow. False for an event loop: what may wait
     * long (cold reads, fsync, O_SYNC writes, fallocate, copies) runs on threads of `@fb/sys`. Default false.
     */
    blocking: z.boolean().default(false),
    /** Most inodes that the client may know at a time; untouched ones cost no memory. Default 4 Mi. */
    maxInodes: count(MAX_INODES).default(4 * 1024 * 1024),
    /** Most open files and directories. Default about half of RLIMIT_NOFILE. */
    maxOpenFiles: count(MAX_HANDLES).optional(),
    /** Most O_PATH descriptors kept for inodes that have a file handle. Default a quarter of RLIMIT_NOFILE, at most 4096. */
    maxCachedFds: count(2 ** 20).optional(),
    /**
     * Most O_PATH descriptors of inodes without a file handle, or removed while in use. Default a quarter of
     * RLIMIT_NOFILE, half of it where no file handles are used.
     */
    maxHeldFds: count(2 ** 20).optional(),
    /**
     * How inodes are named in `saveState`: `find-paths` by their paths from the source, which also leads to them in a copy
     * of it; `file-handles` by their file handles, which are the same inodes whatever has been renamed, on the same file
     * system only. `restoreState` takes handles only with `file-handles`: they may lead anywhere on the file system, so
     * whoever gives the state must be trusted with all of it. Default `find-paths`.
     */
    migrationMode: z.enum(['find-paths', 'file-handles']).default('find-paths'),
    /**
     * What becomes of a file that the client has open, or an inode that it knows, and that cannot be taken along: `abort`
     * (all fails) or `guest-error` (the client is answered ESTALE and EBADF). Default `abort`.
     */
    migrationOnError: z.enum(['abort', 'guest-error']).default('abort'),
    /** With `find-paths`: take file handles along, to be compared with those of what is found. Default false. */
    migrationVerifyHandles: z.boolean().default(false),
  })
  .refine((options) => !options.writeback || options.cache === 'auto' || options.cache === 'always', {
    path: ['writeback'],
    error: 'writeback needs cache auto or always: file data is not cached otherwise',
  })

/** The options with every default filled in. Throws a TypeError that names what is wrong. */
export function resolveOptions(options: PassthroughOptions): ResolvedOptions {
  const parsed = passthroughOptions.safeParse(options)
  if (parsed.success) return parsed.data
  const wrong = parsed.error.issues.map(({ path, message }) => [...path, message].join(': '))
  throw new TypeError(`PassthroughFs: ${wrong.join('; ')}`)
}

/** What a user gives to {@link PassthroughFs}. */
export type PassthroughOptions = z.input<typeof passthroughOptions>

/** Options with every default filled in. */
export type ResolvedOptions = z.output<typeof passthroughOptions>
