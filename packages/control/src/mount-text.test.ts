import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ControlError } from './control-error.js'
import { parseMount, parseSource } from './mount-text.js'

describe('parseMount', () => {
  it('reads a path, a source and options', () => {
    expect(parseMount('/=/srv')).toEqual({ path: '/', source: '/srv' })
    expect(parseMount('/x/y=/b,ro,no-xattr,cache=never,attr-timeout=1.5,max-inodes=7')).toEqual({
      ...{ path: '/x/y', source: '/b', ro: true, xattr: false },
      ...{ cache: 'never', attrTimeout: 1.5, maxInodes: 7 },
    })
    expect(parseMount('/m=/b,uidmap=0:1000:1,uidmap=1:100000:65535,gidmap=0:5:1,unmapped=keep')).toEqual({
      ...{ path: '/m', source: '/b', gidmap: [{ client: 0, host: 5, count: 1 }], unmapped: 'keep' },
      uidmap: [
        { client: 0, host: 1000, count: 1 },
        { client: 1, host: 100_000, count: 65_535 },
      ],
    })
  })

  it('takes a relative source from the current directory', () => {
    expect(parseMount('/=here')).toEqual({ path: '/', source: `${process.cwd()}/here` })
  })

  it('takes any path and any source that is escaped', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/[\0/]|^\.{1,2}$/.test(text))
    const escaped = (text: string): string => text.replace(/[\\,=]/g, '\\$&')
    fc.assert(
      fc.property(name, name, (path, source) => {
        expect(parseMount(`/${escaped(path)}=/${escaped(source)},ro`)).toEqual({
          ...{ path: `/${path}`, source: `/${source}`, ro: true },
        })
      }),
    )
  })

  it.each([
    ['/a', /is not PATH=SOURCE/],
    ['', /is not PATH=SOURCE/],
    ['a=/b', /path: must be an absolute path/],
    ['/a=', /source/],
    ['/a=/b,', /'' is no option of a mount: there are ro, /],
    ['/a=/b,bogus', /'bogus' is no option of a mount/],
    ['/a=/b,toString', /'toString' is no option of a mount/],
    ['/a=/b,ro=1', /'ro=1' is no option of a mount/],
    ['/a=/b,ro,rw', /'rw' says what another one said/],
    ['/a=/b,cache=some', /cache/],
    ['/a=/b,attr-timeout=soon', /attr-timeout: 'soon' is not a number/],
    ['/a=/b,attr-timeout=-1', /attrTimeout/],
    ['/a=/b,max-inodes=0', /maxInodes/],
    ['/a=/b,uidmap=1:2', /is not uidmap=CLIENT:HOST:COUNT/],
    ['/a=/b,uidmap=1:x:2', /'x' is not a number/],
    ['/a=/b,uidmap=1:2:0', /uidmap\[0\]\.count/],
    ['/a=/b,unmapped=keep', /says nothing without uidmap or gidmap/],
  ])('refuses %j', (text, message) => {
    expect(() => parseMount(text)).toThrow(ControlError)
    expect(() => parseMount(text)).toThrow(message)
  })
})

describe('parseSource', () => {
  it('has the path apart, where it needs no escapes', () => {
    expect(parseSource('/a=b,c', '/s,ro')).toEqual({ path: '/a=b,c', source: '/s', ro: true })
  })
})
