import { describe, expect, it } from 'vitest'
import { cNames } from './constants/c-names.js'
import { NotifyCode } from './constants/notify-code.js'
import { notifications } from './notifications.js'

const entries = Object.values(notifications)

describe('notifications', () => {
  it('has an entry for every number of NotifyCode, and no other', () => {
    expect(entries.map(({ code }) => code)).toEqual(Object.values(NotifyCode))
  })

  it.each(entries)('$name says the same thing everywhere', (info) => {
    expect(notifications[info.code]).toBe(info)
    expect(NotifyCode[info.name as keyof typeof NotifyCode]).toBe(info.code)
    expect(cNames.get(info.cName)).toBe(info.code)
    expect(info.payload === 'none').toBe(info.payloadCount === undefined)
    if (info.payloadCount !== undefined) expect(info.struct?.create()).toHaveProperty(info.payloadCount)
    expect(Object.keys(info.struct?.create() ?? {}).includes('namelen')).toBe(info.names === 1)
  })
})
