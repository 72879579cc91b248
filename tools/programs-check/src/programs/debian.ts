import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { attempt, manifest, run, shell } from '@fb/testbed'
import type { Place, Program } from '../program.js'

const SUITE = 'bookworm'
const MIRROR = 'http://deb.debian.org/debian'
/** With users, set-id programs, capabilities, alternatives, Perl and Python code, and hundreds of files. */
const PACKAGES = ['less', 'sudo', 'iputils-ping', 'python3-minimal', 'perl', 'locales', 'man-db', 'dbus']
/** What differs from run to run: logs, caches with times in them, and ids that are drawn. */
const VARYING =
  /^\/(var\/log\/|var\/cache\/|var\/lib\/apt\/|var\/lib\/dpkg\/(info|status|available|triggers|diversions)|var\/lib\/systemd|etc\/(machine-id|ld\.so\.cache|resolv\.conf|shadow|gshadow|passwd|group|hostname)|run\/|tmp\/|var\/lib\/dbus|proc|sys|dev)|\.pyc\|/

/** Runs a command in a Debian. */
async function inside(root: string, command: string): Promise<string> {
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LC_ALL: 'C',
    DEBIAN_FRONTEND: 'noninteractive',
  }
  return run('chroot', [root, '/bin/sh', '-ec', command], { env, timeout: 1_800_000 })
}

/** Everything in a Debian that is the same each time, as one line for each folder below its root. */
function describe(root: string): string[] {
  const folders = new Map<string, string[]>()
  for (const line of manifest(root, { times: false })) {
    if (VARYING.test(line)) continue
    const folder = line.split(/[/|]/)[1] ?? ''
    folders.set(folder, [...(folders.get(folder) ?? []), line])
  }
  return [...folders].map(([folder, lines]) => {
    const digest = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16)
    return `/${folder}: ${lines.length} entries, ${digest}`
  })
}

async function debian({ directory, common }: Place): Promise<string[]> {
  const root = join(directory, 'debian')
  const packages = join(common, 'packages')
  for (const path of [root, packages]) mkdirSync(path, { recursive: true })
  const facts: string[] = []
  await run('debootstrap', ['--variant=minbase', `--cache-dir=${packages}`, SUITE, root, MIRROR], {
    timeout: 1_800_000,
  })
  facts.push(...describe(root))
  for (const name of ['resolv.conf', 'hosts']) {
    if (existsSync(`/etc/${name}`)) copyFileSync(`/etc/${name}`, join(root, 'etc', name))
  }
  const mounts = ['proc', 'dev']
  try {
    await shell(`mount -t proc proc ${root}/proc; mount --bind /dev ${root}/dev`)
    // Scripts of packages must start nothing.
    await inside(
      root,
      'printf "#!/bin/sh\\nexit 101\\n" > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d',
    )
    await inside(
      root,
      `apt-get -q update; apt-get -q -y --no-install-recommends install ${PACKAGES.join(' ')}`,
    )
    facts.push(`packages: ${(await inside(root, 'dpkg-query -W | wc -l')).trim()}`)
    facts.push(`verified: ${JSON.stringify(await inside(root, 'dpkg --verify'))}`)
    const script = 'import os; print(sorted(os.listdir("/etc/apt")))'
    facts.push(`python: ${await run('chroot', [root, '/usr/bin/python3', '-c', script])}`)
    facts.push(
      `as a user: ${await inside(root, 'useradd -m visitor; echo "visitor ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/visitor; su visitor -c "id -un; sudo id -un; touch /etc/no 2>&1 || true; ls -ld ~"')}`.replace(
        /\w{3} +\d+ [\d:]+/,
        'TIME',
      ),
    )
    facts.push(
      `capabilities: ${(await attempt('getfattr', ['-n', 'security.capability', '-e', 'hex', '--only-values', join(root, 'usr/bin/ping')])).stdout}`,
    )
    await inside(
      root,
      'apt-get -q -y purge man-db less; apt-get -q -y autoremove; apt-get clean; sed -i "s/# en_US/en_US/" /etc/locale.gen; locale-gen',
    )
    facts.push(`audit: ${JSON.stringify(await inside(root, 'dpkg --audit; dpkg --verify'))}`)
  } finally {
    for (const name of mounts.reverse()) await attempt('umount', ['-l', join(root, name)])
  }
  facts.push(...describe(root))
  return facts
}

/** A Debian that is installed into the directory, and used from within. */
export const debianRoot: Program = {
  name: 'debian',
  description:
    'debootstrap, and apt-get install and its programs in a chroot of it (needs a mirror of Debian)',
  needs: ['debootstrap', 'chroot', 'getfattr'],
  run: debian,
}
