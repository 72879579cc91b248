import { readFileSync, readlinkSync } from 'node:fs'
import { PROC_FD } from './descriptors.js'

/** Types of file systems (proc_pid_mountinfo(5)) that somebody outside of this kernel must answer for. */
const REMOTE =
  /^(?:nfs4?|cifs|smb3|ceph|9p|afs|coda|lustre|ocfs2|gfs2|gpfs|orangefs|pvfs2|glusterfs|vboxsf|virtiofs|autofs|fuse(?:blk)?(?:\..*)?)$/

/**
 * Whether a directory is on a file system that may not answer, or has one mounted below it now. `root` is a descriptor of
 * the directory.
 */
export function reachesRemote(root: number): boolean {
  const path = readlinkSync(`${PROC_FD}/${root}`)
  let isRemote = false
  for (const { target, type } of mounts()) {
    // Later lines are on top of earlier ones.
    if (isWithin(path, target)) isRemote = REMOTE.test(type)
    else if (isWithin(target, path) && REMOTE.test(type)) return true
  }
  return isRemote
}

function mounts(): { target: string; type: string }[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ')
      return { target: unescaped(before.split(' ')[4] ?? ''), type: after.split(' ')[0] ?? '' }
    })
}

function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)
}
