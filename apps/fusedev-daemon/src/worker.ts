import { Server } from '@fb/api'
import { traceRequests } from '@fb/api/trace'
import { createLogger } from '@fb/daemon/log'
import { PassthroughFs } from '@fb/passthrough'
import { serveInWorker } from '@fb/transport-fusedev'
import { traceLine } from './trace-line.js'
import type { WorkerData } from './worker-data.js'

await serveInWorker(({ data, serverOptions }) => {
  const { share, sink, options } = data as WorkerData
  const logger = createLogger(options.logLevel, sink)
  const { negotiated } = serverOptions
  return new Server(PassthroughFs.attach(share), {
    ...serverOptions,
    logger,
    ...(options.trace ? { observe: traceRequests(traceLine, { negotiated }) } : {}),
  })
})
