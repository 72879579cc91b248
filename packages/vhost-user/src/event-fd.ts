import { S_IFIFO } from '@fb/sys'
import { descriptorType } from './descriptor-type.js'

/** Whether a descriptor may stand for an event: a pipe, or what has no type at all, as an eventfd. */
export function isEvent(fd: number): boolean {
  const type = descriptorType(fd)
  return type === 0 || type === S_IFIFO
}
