import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSplitter } from './line-splitter.js'

const MOST = 8

describe('LineSplitter', () => {
  it('gives the same lines however the bytes arrive, and drops those that are too long', () => {
    const line = fc.string({ maxLength: 2 * MOST }).map((text) => text.replaceAll('\n', ''))
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat({ max: 60 })), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''))
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length]
        places.sort((a, b) => a - b)
        const splitter = new LineSplitter(MOST)
        const taken = places.slice(1).flatMap((end, at) => splitter.push(bytes.subarray(places[at], end)))
        expect([...taken, ...splitter.end()]).toEqual(
          lines.map((each) => (Buffer.byteLength(each) > MOST ? undefined : each)),
        )
      }),
    )
  })

  it('takes what follows the last end of a line as a line', () => {
    const splitter = new LineSplitter(MOST)
    expect(splitter.push(Buffer.from('one\ntw'))).toEqual(['one'])
    expect(splitter.push(Buffer.from('o'))).toEqual([])
    expect(splitter.end()).toEqual(['two'])
    expect(splitter.end()).toEqual([])
    expect(splitter.push(Buffer.alloc(MOST + 1, 'x'))).toEqual([])
    expect(splitter.end()).toEqual([undefined])
  })
})
