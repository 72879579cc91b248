import { areaHandlers } from './areas.js'
import { deviceHandlers } from './device.js'
import { featureHandlers } from './features.js'
import type { Handler } from './handler.js'
import { memoryHandlers } from './memory.js'
import { vringHandlers } from './vrings.js'

/** What is done about each request. */
export const handlers: ReadonlyMap<number, Handler> = new Map([
  ...featureHandlers,
  ...memoryHandlers,
  ...vringHandlers,
  ...areaHandlers,
  ...deviceHandlers,
])
