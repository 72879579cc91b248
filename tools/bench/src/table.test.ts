import { describe, expect, it } from 'vitest'
import { median, renderTable } from './table.js'

describe('median', () => {
  it('is the middle value, whatever the order', () => {
    expect(median([5, 1, 3])).toBe(3)
    expect(median([4, 1, 3, 2])).toBe(2)
    expect(median([])).toBe(0)
  })
})

describe('renderTable', () => {
  it('shows medians, ratios to the disk and ours against the best peer', () => {
    const rounds = new Map([
      ['disk', [100_000, 200_000, 300_000]],
      ['fb', [20_000, 50_000, 60_000]],
      ['ll', [25_000, 25_000, 25_000]],
    ])
    const table = renderTable(new Map([['create', rounds]]), ['disk', 'fb', 'll'], 'fb')
    expect(table).toContain('| create | 200k | 50.0k (0.25) | 25.0k (0.13) | 2.00 |')
  })
})
