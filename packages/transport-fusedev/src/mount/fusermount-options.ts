import { escapeOption } from '../options/escape.js'
import type { ResolvedMountOptions } from '../options/mount-options.js'

/** Options that `fusermount3` has no way to pass on: they need mount(2), that is root. */
export function unsupportedByFusermount(options: ResolvedMountOptions): string[] {
  return (['context', 'fscontext', 'defcontext', 'rootcontext'] as const).filter(
    (name) => options[name] !== undefined,
  )
}

/**
 * Options as the `-o` argument of fusermount3 (util/fusermount.c): only `fsname` and `subtype` may hold a comma or
 * a backslash, and only there is a backslash an escape. It starts from nosuid,nodev itself. `relatime` is what the kernel
 * does unasked, and unknown to fusermount3 before 3.17.
 */
export function fusermountOptions(options: ResolvedMountOptions): string {
  const list: string[] = [options.ro ? 'ro' : 'rw']
  const add = (condition: boolean, option: string): void => {
    if (condition) list.push(option)
  }
  add(options.suid, 'suid')
  add(options.dev, 'dev')
  add(!options.exec, 'noexec')
  add(options.sync, 'sync')
  add(options.dirsync, 'dirsync')
  add(!options.atime, 'noatime')
  add(!options.diratime, 'nodiratime')
  add(options.strictatime, 'strictatime')
  add(options.lazytime, 'lazytime')
  add(!options.symfollow, 'nosymfollow')
  add(options.allowOther || options.allowRoot, 'allow_other')
  add(options.defaultPermissions, 'default_permissions')
  add(options.blkdev, 'blkdev')
  add(options.autoUnmount, 'auto_unmount')
  if (options.maxRead !== undefined) list.push(`max_read=${options.maxRead}`)
  if (options.blksize !== undefined) list.push(`blksize=${options.blksize}`)
  if (options.fsname !== undefined) list.push(`fsname=${escapeOption(options.fsname)}`)
  if (options.subtype !== undefined) list.push(`subtype=${escapeOption(options.subtype)}`)
  return list.join(',')
}
