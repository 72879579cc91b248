import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Something that must be on the machine: a program, or a file by its absolute path, and the Debian package that has it.
 *
 * @typedef {{ readonly needs: string, readonly debian: string }} Requirement
 */

/** @type {readonly Requirement[]} What builds the native addon. */
export const toBuild = [
  { needs: 'g++', debian: 'g++' },
  { needs: 'make', debian: 'make' },
  { needs: 'python3', debian: 'python3' },
  ...nodeHeaders(),
]

/** @type {readonly Requirement[]} What mounts without being root. */
export const toMount = [{ needs: 'fusermount3', debian: 'fuse3' }]

/** @type {readonly Requirement[]} The programs that tests run on mounted file systems and in guests. */
export const toTest = [
  { needs: 'fusermount3', debian: 'fuse3' },
  { needs: 'fio', debian: 'fio' },
  { needs: 'sqlite3', debian: 'sqlite3' },
  { needs: 'rsync', debian: 'rsync' },
  { needs: 'setfattr', debian: 'attr' },
  { needs: 'setfacl', debian: 'acl' },
  { needs: 'mkfs.ext4', debian: 'e2fsprogs' },
  { needs: 'git', debian: 'git' },
  { needs: 'gcc', debian: 'gcc' },
  { needs: 'strace', debian: 'strace' },
  { needs: 'xz', debian: 'xz-utils' },
  { needs: 'fuser', debian: 'psmisc' },
  { needs: 'capsh', debian: 'libcap2-bin' },
  { needs: 'qemu-img', debian: 'qemu-utils' },
  { needs: 'stress-ng', debian: 'stress-ng' },
]

/** @type {readonly Requirement[]} What runs virtual machines; only Debian on x64 has the kernel for them. */
export const toBootGuests =
  process.arch === 'x64'
    ? [
        { needs: 'qemu-system-x86_64', debian: 'qemu-system-x86' },
        { needs: '/usr/share/seabios/bios-256k.bin', debian: 'seabios' },
        { needs: 'busybox', debian: 'busybox-static' },
      ]
    : []

/**
 * Most builds of Node bring the headers that addons are compiled with; Debian's has them in a package of its own.
 *
 * @returns {Requirement[]}
 */
function nodeHeaders() {
  const header = join(dirname(dirname(process.execPath)), 'include/node/node_api.h')
  const isDebianNode = process.execPath === '/usr/bin/node' || process.execPath === '/usr/bin/nodejs'
  return isDebianNode && !existsSync(header) ? [{ needs: header, debian: 'libnode-dev' }] : []
}
