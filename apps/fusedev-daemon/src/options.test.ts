import { UsageError } from '@fb/daemon'
import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.js'

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
  it('takes a source and a mount point and has a default for the rest', () => {
    expect(parseOptions(['/src', '/mnt'], '1.2.3')).toMatchObject({
      source: '/src',
      mountpoint: '/mnt',
      mountOptions: [],
      nonempty: false,
      notes: [],
      background: false,
      syslog: false,
      readOnly: false,
      allowOther: false,
      cache: 'auto',
      xattr: true,
      writeback: false,
      logLevel: 'info',
      trace: false,
    })
  })

  it('takes every option', () => {
    const argv =
      '-o ro,fsname=x -o dev --read-only --allow-other --cache always --attr-timeout 1.5 --entry-timeout 2 --negative-timeout 3 --log-file l --syslog --background --no-xattr --writeback --workers 3 --log-level debug --trace /s /m'
    expect(parseOptions(argv.split(' '), '1.2.3')).toEqual({
      source: '/s',
      mountpoint: '/m',
      mountOptions: ['ro,fsname=x', 'dev'],
      nonempty: false,
      notes: [],
      negativeTimeout: 3,
      logFile: 'l',
      syslog: true,
      background: true,
      readOnly: true,
      allowOther: true,
      cache: 'always',
      attrTimeout: 1.5,
      entryTimeout: 2,
      xattr: false,
      writeback: true,
      workers: 3,
      logLevel: 'debug',
      trace: true,
    })
  })

  it.each([
    [['/src'], /mountpoint/],
    [[], /source/],
    [['/a', '/b', '/c'], /too many arguments/],
    [['--cache', 'some', '/a', '/b'], /never, metadata, auto, always/],
    [['--attr-timeout', 'soon', '/a', '/b'], /'soon' is not a number/],
    [['--attr-timeout', '-1', '/a', '/b'], /--attr-timeout/],
    [['--workers', '0', '/a', '/b'], /--workers/],
    [['--workers', '1.5', '/a', '/b'], /--workers/],
    [['--frobnicate', '/a', '/b'], /unknown option '--frobnicate'/],
  ])('refuses %j in one line, exit code 64', (argv, message) => {
    const error = refused(...argv)
    expect(error.exitCode).toBe(64)
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('\n')
  })

  it('answers --help and --version with exit code 0', () => {
    expect(refused('--version')).toMatchObject({ exitCode: 0, message: '1.2.3' })
    const help = refused('--help')
    expect(help.exitCode).toBe(0)
    expect(help.message).toContain('--writeback')
  })
})
