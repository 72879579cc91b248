import { z } from 'zod'

/** What may be written down as the content of a directory. */
export type Files = { [name: string]: string | Files }

/** `cache` of `@fb/passthrough`. */
export const CACHE_POLICIES = ['never', 'metadata', 'auto', 'always'] as const
/** `inodeFileHandles` of `@fb/passthrough`. */
export const FILE_HANDLE_CHOICES = ['never', 'prefer', 'mandatory'] as const
/** What becomes of ids outside of every range: `unmapped` of `mapIds` in `@fb/middleware`. */
export const UNMAPPED = ['nobody', 'keep'] as const

const MOST_IDS = 2 ** 32 - 1
const MOST = 2 ** 24

const id = z.number().int().min(0).max(MOST_IDS)
const seconds = z
  .number()
  .min(0)
  .max(2 ** 32)
const count = z.number().int().min(1).max(MOST)

const files: z.ZodType<Files> = z.record(
  z.string().regex(/^(?!\.{1,2}$)[^/\0]+$/),
  z.union([z.string(), z.lazy(() => files)]),
  { error: ({ code }) => (code === 'invalid_key' ? 'is no name of a file' : undefined) },
)

/** Ids that the client calls `client`, `client + 1` ... and the file system `host`, `host + 1` ... */
const idRanges = z.array(z.strictObject({ client: id, host: id, count: id.min(1) })).max(340)

/**
 * A back end, where it is mounted, and how: one entry of `mounts` in a config file, one `--mount`, one `mount` request.
 * What is left out is as the daemon's options say.
 */
export const mountSpec = z
  .strictObject({
    /** Where it is mounted: an absolute path in the tree. */
    path: z.string().startsWith('/', 'must be an absolute path'),
    /** Directory (or regular file) of the host that is served there. */
    source: z
      .string()
      .regex(/^[^\0]+$/, 'is no path')
      .optional(),
    /** In place of `source`: a read-only tree, text for a file and an object for a directory. */
    files: files.optional(),
    /** Refuse every change with EROFS. */
    ro: z.boolean().optional(),
    /** User ids that are mapped; one kind alone leaves the other as it is. */
    uidmap: idRanges.optional(),
    /** Group ids that are mapped. */
    gidmap: idRanges.optional(),
    /** Ids outside of every range: shown as 65534 (`nobody`, default), or left as they are. */
    unmapped: z.enum(UNMAPPED).optional(),
    /** What the kernel may keep; see `@fb/passthrough`. */
    cache: z.enum(CACHE_POLICIES).optional(),
    /** Seconds for which the kernel may keep attributes, names, and that a name does not exist. */
    attrTimeout: seconds.optional(),
    entryTimeout: seconds.optional(),
    negativeTimeout: seconds.optional(),
    /** Serve extended attributes. */
    xattr: z.boolean().optional(),
    /** Have the kernel obey POSIX ACLs. */
    posixAcl: z.boolean().optional(),
    /** Remember inodes by file handle in place of a descriptor. */
    inodeFileHandles: z.enum(FILE_HANDLE_CHOICES).optional(),
    /** Most inodes that the client may know at a time. */
    maxInodes: count.optional(),
    /** Most files and directories that may be open. */
    maxOpenFiles: count.optional(),
    /** Most descriptors that are kept for inodes with a file handle, and for those without. */
    maxCachedFds: count.optional(),
    maxHeldFds: count.optional(),
  })
  .refine(({ source, files: tree }) => (source === undefined) !== (tree === undefined), {
    path: ['source'],
    error: 'one of source and files is needed',
  })
  .refine(
    ({ unmapped, uidmap, gidmap }) => unmapped === undefined || uidmap !== undefined || gidmap !== undefined,
    {
      path: ['unmapped'],
      error: 'says nothing without uidmap or gidmap',
    },
  )

/** See {@link mountSpec}. */
export type MountSpec = z.infer<typeof mountSpec>
