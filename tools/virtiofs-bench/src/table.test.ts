import { expect, test } from 'vitest'
import { count } from './guest/notifications.js'
import { workloads } from './guest/workloads.js'
import { renderTable } from './table.js'

test('a table has medians of all rounds', () => {
  const results = [3, 1, 2].map((n) => ({ rate: n * 1000, kicks: n / 10, calls: n / 100, cpu: n }))
  expect(renderTable(new Map([['read', new Map([['fb', results]])]]))).toBe(
    [
      '| workload | daemon | operations/s | kicks | calls | CPU us |',
      '|---|---|---:|---:|---:|---:|',
      '| read | fb | 2000 | 0.20 | 0.02 | 2 |',
    ].join('\n'),
  )
})

test('what perf counted is read, and what it could not is not', () => {
  const output =
    '17;;syscalls:sys_enter_read;1;100.00;;\n<not counted>;;syscalls:sys_enter_write;0;100.00;;\n'
  expect(count(output, 'syscalls:sys_enter_read')).toBe(17)
  expect(count(output, 'syscalls:sys_enter_write')).toBeUndefined()
})

test('transfers are counted by their size', () => {
  const scripts = new Map(workloads(2).map(({ name, script }) => [name, script]))
  expect(scripts.get('read 1 MiB')).toContain('$6 / 1024')
  expect(scripts.get('write 4 KiB, 1 at a time')).toContain('$47 / 4')
})
