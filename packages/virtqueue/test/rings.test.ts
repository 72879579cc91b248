import { ftruncate } from '@fb/sys'
import { describe, expect, test } from 'vitest'
import { GuestMemory } from '../src/index.js'
import { popped, type Setup, SIZE, setup } from './support.js'

describe('a broken ring stops the queue:', () => {
  const dead = (s: Setup, reason: RegExp) => {
    expect(s.queue.pop()).toBeUndefined()
    expect(s.queue.broken).toMatch(reason)
    for (let i = 0; i < 3; i += 1) {
      s.driver.post(0)
      expect(s.queue.pop()).toBeUndefined()
      expect(s.queue.enableNotifications()).toBe(false)
      expect(s.queue.shouldCall()).toBe(false)
    }
  }

  test.each([SIZE + 1, 100, 0x7fff, 0x8000, 0xffff])('the available index jumps by %i', (jump) => {
    const s = setup()
    s.driver.setAvailableIndex(jump)
    dead(s, /available index jumped/)
  })

  test.each([SIZE, 0xffff])('the available ring names descriptor %i', (head) => {
    const s = setup()
    s.driver.post(head)
    dead(s, /names descriptor/)
  })

  test('a descriptor is available and in flight at once', () => {
    const s = setup()
    const to = s.buffer(4)
    s.driver.describe(0, { ...to, flags: 0, next: 0 })
    s.driver.post(0)
    const chain = popped(s.queue)
    s.driver.post(0)
    dead(s, /available and in flight/)
    s.queue.push(chain, 0)
    expect(s.driver.usedIndex).toBe(0)
    expect(s.queue.inFlight).toBe(0)
  })

  test('its memory was truncated', () => {
    const s = setup()
    const to = s.buffer(4)
    s.driver.add([to], [])
    ftruncate(s.ram.regions[0]?.fd ?? -1, 0)
    expect(s.queue.pop()).toBeUndefined()
    expect(s.queue.pop()).toBeUndefined()
    expect(s.queue.broken).toMatch(/went away|jumped/)
  })

  test('memory is replaced by one without it', () => {
    const s = setup()
    const nothing = GuestMemory.map([])
    s.queue.moveTo(nothing)
    dead(s, /not within one memory region/)
  })
})
