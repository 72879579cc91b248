import { UsageError } from '@fb/daemon'
import { describe, expect, it } from 'vitest'
import { readMountWords } from './mount-words.js'
import { parseOptions } from './options.js'

describe('readMountWords', () => {
  it('leaves to the mount what is not for the daemon, with its commas', () => {
    const words = readMountWords(['ro,fsname=a\\,b,cache=never', 'nonempty', 'x-systemd.automount,defaults'])
    expect(words).toEqual({
      mountOptions: ['ro,fsname=a\\,b', 'x-systemd.automount,defaults'],
      options: { cache: 'never' },
      nonempty: true,
      notes: [],
    })
  })

  it.each([
    [
      'cache=always,attr_timeout=1.5,entry-timeout=2,negative_timeout=0',
      { cache: 'always', attrTimeout: 1.5, entryTimeout: 2, negativeTimeout: 0 },
    ],
    ['writeback,no_xattr,debug,workers=3', { writeback: true, xattr: false, trace: true, workers: 3 }],
    ['direct_io', { cache: 'never' }],
    ['auto_cache,use_ino,readdir_ino,big_writes', { cache: 'auto' }],
    [
      'log_file=/l,log_level=debug,syslog,config=/c,control_socket=/s',
      { logFile: '/l', logLevel: 'debug', syslog: true, config: '/c', controlSocket: '/s' },
    ],
    ['cache=never,cache=auto', { cache: 'auto' }],
  ])('%s', (text, options) => {
    expect(readMountWords([text])).toEqual({ mountOptions: [], options, nonempty: false, notes: [] })
  })

  it('says what has no effect, and what there is instead', () => {
    const { notes, mountOptions } = readMountWords(['kernel_cache,no_splice_read,max_readahead=4096,ro'])
    expect(mountOptions).toEqual(['ro'])
    expect(notes).toEqual([
      expect.stringMatching(/^-o kernel_cache .*cache=always/),
      expect.stringMatching(/^-o no_splice_read has no effect/),
      expect.stringMatching(/^-o max_readahead has no effect/),
    ])
  })

  it.each([
    ['uid=0', /^-o: uid cannot be had: .*uidmap=/],
    ['umask=022', /^-o: umask cannot be had/],
    ['setuid=me', /^-o: setuid cannot be had/],
    ['cache', /^-o: cache needs a value/],
    ['cache=', /^-o: cache needs a value/],
    ['writeback=1', /^-o: writeback takes no value/],
    ['attr_timeout=soon', /^-o: attr_timeout: 'soon' is not a number/],
  ])('refuses %s', (text, message) => {
    expect(() => readMountWords([text])).toThrow(UsageError)
    expect(() => readMountWords([text])).toThrow(message)
  })
})

describe('words of -o among the options', () => {
  it('are options, where the command line does not say otherwise itself', () => {
    const argv = ['-o', 'cache=always,attr_timeout=3,ro', '--cache', 'never', '/s', '/m']
    expect(parseOptions(argv, '1')).toMatchObject({ cache: 'never', attrTimeout: 3, mountOptions: ['ro'] })
  })

  it('serve a tree, whose source is none', () => {
    const options = parseOptions(['-o', 'control_socket=/c', 'none', '/m'], '1')
    expect(options.tree).toEqual({ mounts: [], controlSocket: '/c' })
    expect(() => parseOptions(['-o', 'control_socket=/c,workers=2', '/m'], '1')).toThrow(/one thread/)
  })

  it('are checked as the options are', () => {
    expect(() => parseOptions(['-o', 'cache=never,writeback', '/s', '/m'], '1')).toThrow(/--writeback: needs/)
    expect(() => parseOptions(['-o', 'cache=some', '/s', '/m'], '1')).toThrow(/--cache: /)
  })
})
