import { Server } from '@fb/api'
import { createLogger } from '@fb/daemon/log'
import { PassthroughFs, withoutWaiting } from '@fb/passthrough'
import { serveVirtiofsInWorker } from '@fb/transport-virtiofs'
import type { WorkerData } from './worker-data.js'

// A serving thread of --thread-pool-size: its files are those of the main thread.
serveVirtiofsInWorker(({ data, serverOptions }) => {
  const { share, logLevel, sink } = data as WorkerData
  const logger = createLogger(logLevel, sink)
  return new Server(withoutWaiting(PassthroughFs.attach(share)), { ...serverOptions, logger })
})
