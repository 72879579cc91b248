import { DriverQueue, Random, TestMemory } from '@fb/virtqueue/testing'
import { expect, test } from 'vitest'
import { MessageGenerator } from './message-generator.js'

const ram = new TestMemory()
const drivers = [new DriverQueue(ram, 16)]
const fds = [100, 101, 102]

function messages(seed: number, stream: number) {
  const generator = new MessageGenerator({ random: new Random(seed, stream), ram, drivers, fds, event: 101 })
  return Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? generator.next() : generator.sound()))
}

test('the same course gives the same messages, and another one others', () => {
  const first = messages(1, 2)
  expect(messages(1, 2)).toEqual(first)
  expect(messages(1, 3)).not.toEqual(first)
  expect(messages(2, 2)).not.toEqual(first)
  ram.close()
})
