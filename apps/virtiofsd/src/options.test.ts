import { UsageError } from '@fb/daemon'
import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.js'

const LEAST = ['--shared-dir', '/s', '--socket-path', '/sock', '--sandbox', 'none']

function refused(...argv: string[]): UsageError {
  try {
    parseOptions(argv, '1.2.3')
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return error as UsageError
  }
  throw new Error(`${argv.join(' ')} was accepted`)
}

describe('parseOptions', () => {
  it('takes what is needed and has a default for the rest', () => {
    expect(parseOptions(LEAST, '1.2.3')).toMatchObject({
      ...{ sharedDir: '/s', socketPath: '/sock', sandbox: 'none', seccomp: 'none', tag: 'fs' },
      ...{ cache: 'auto', xattr: true, posixAcl: false, writeback: false, readonly: false },
      ...{ migrationMode: 'find-paths', migrationOnError: 'abort', migrationVerifyHandles: false },
      ...{ allowDirectIo: false, allowMmap: false, readdirplus: true, inodeFileHandles: 'prefer' },
    })
  })

  it('takes sockets of a service manager for what the arguments do not say', () => {
    const sockets = new Map([
      ['control', 3],
      ['any', 4],
    ])
    const least = ['--shared-dir=/s', '--sandbox=none']
    expect(parseOptions(least, '1', sockets)).toMatchObject({ fd: 4, tree: { controlSocket: 3 } })
    const given = parseOptions([...least, '--socket-path=/sock', '--control-socket=/c'], '1', sockets)
    expect(given).toMatchObject({ socketPath: '/sock', tree: { controlSocket: '/c' } })
    expect(given.fd).toBeUndefined()
  })

  it('understands what older daemons take', () => {
    const argv = ['--fd=3', '-o', 'source=/a,cache=always,no_xattr', '-owriteback,sandbox=none', '-f', '-d']
    const options = parseOptions(argv, '1.2.3')
    expect(options).toMatchObject({ fd: 3, sharedDir: '/a', cache: 'always', xattr: false })
    expect(options).toMatchObject({ writeback: true, logLevel: 'debug', sandbox: 'none' })
    expect(parseOptions(['--socket=/x', ...LEAST.slice(0, 2), '--sandbox=none'], '1').socketPath).toBe('/x')
  })

  it('understands words that other daemons have for the same', () => {
    const argv = [...LEAST, '--inode-file-handles=fallback', '--killpriv-v2', '--preserve-noatime']
    expect(parseOptions(argv, '1')).toMatchObject({ inodeFileHandles: 'prefer', preserveNoatime: true })
    for (const [given, level] of [
      ['off', 'silent'],
      ['err', 'error'],
      ['trace', 'debug'],
    ]) {
      expect(parseOptions([...LEAST, '-o', `log_level=${given},cache=none,killpriv_v2`], '1')).toMatchObject({
        ...{ logLevel: level, cache: 'never' },
      })
    }
    expect(
      parseOptions([...LEAST, '--announce-submounts', '--no-announce-submounts'], '1').announceSubmounts,
    ).toBe(false)
    for (const [given, posixAcl] of [
      ['--posix-acl', true],
      ['--posix-acl=auto', true],
      ['--posix-acl=never', false],
    ] as const) {
      expect(parseOptions([given, '--security-label=never', ...LEAST], '1').posixAcl).toBe(posixAcl)
    }
  })

  it.each([
    [LEAST.slice(0, 4), /--sandbox: must be given as `--sandbox none`/],
    [[...LEAST, '--sandbox', 'namespace'], /--sandbox/],
    [[...LEAST, '--sandbox=chroot'], /--sandbox/],
    [[...LEAST, '--seccomp', 'kill'], /--seccomp/],
    [LEAST.slice(2), /--shared-dir: is needed, or --mount/],
    [[...LEAST, '--fd', '3'], /one of --socket-path and --fd/],
    [[...LEAST, '--modcaps=-MKNOD'], /--modcaps is not honoured/],
    [[...LEAST, '--uid-map', ':0:1:2:'], /--uid-map is not honoured/],
    [[...LEAST, '--migration-mode', 'inodes'], /--migration-mode/],
    [[...LEAST, '--migration-on-error', 'retry'], /--migration-on-error/],
    [[...LEAST, '-o', 'xattrmap=:map::'], /--xattrmap is not honoured/],
    [[...LEAST, '-o', 'timeout=3'], /-o timeout=3/],
    [[...LEAST, '--tag', 'x'.repeat(37)], /--tag: must have at most 36 bytes/],
    [[...LEAST, '--tag', '\u00e9'.repeat(19)], /--tag: must have at most 36 bytes/],
    [[...LEAST, '--tag', ''], /--tag: must not be empty/],
    [[...LEAST, '--thread-pool-size', '1.5'], /--thread-pool-size: must be a whole number from 0 to 64/],
    [[...LEAST, '--fd', '-1'], /--fd: must be a whole number of at least 0/],
    [[...LEAST, '--log-level', 'loud'], /Allowed choices are silent, error, warn, info, debug\./],
    [[...LEAST, '--no-killpriv-v2'], /--no-killpriv-v2 is not honoured/],
    [[...LEAST, '-o', 'xattr,,ro'], /-o: one word after the other/],
    [[...LEAST, '--anounce-submounts'], /unknown option .* \(Did you mean --announce-submounts\?\)/],
    [[...LEAST, '--num-request-queues', '0'], /--num-request-queues/],
    [[...LEAST, '--posix-acl', '--no-xattr'], /--posix-acl: needs extended attributes/],
    [[...LEAST, '--posix-acl=always'], /'--posix-acl \[when\]' argument 'always' is invalid\. .*: say auto/],
    [[...LEAST, '--posix-acl=sometimes'], /Allowed choices are never, auto/],
    [[...LEAST, '--security-label=auto'], /--security-label is not honoured/],
    [[...LEAST, '--security-label'], /--security-label is not honoured/],
    [
      [...LEAST, '--translate-uid', 'map:0:1:2'],
      /--translate-uid is not honoured: .*uidmap=GUEST:HOST:COUNT/,
    ],
    [[...LEAST, '--writeback', '--cache', 'never'], /--writeback: needs --cache/],
    [[...LEAST, '--frobnicate'], /unknown option/],
  ])('refuses %j in one line, exit code 64', (argv, message) => {
    const error = refused(...argv)
    expect(error.exitCode).toBe(64)
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('\n')
  })

  it('prints its capabilities with no other argument', () => {
    const { exitCode, message } = refused('--print-capabilities')
    expect(exitCode).toBe(0)
    expect(JSON.parse(message)).toEqual({ type: 'fs', features: ['migrate-precopy', 'separate-options'] })
  })
})
