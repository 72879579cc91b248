import { Server } from '@fb/api'
import { traceRequests } from '@fb/api/trace'
import { PassthroughFs } from '@fb/passthrough'
import { write } from '@fb/sys'
import { serveInWorker } from '@fb/transport-fusedev'
import { createLogger } from './logging.js'
import type { WorkerData } from './worker-data.js'

const STDERR = 2

/** One line in one write(2): lines of several threads do not mix. */
function printLine(line: string): void {
  const bytes = Buffer.from(`${line}\n`)
  write(STDERR, bytes, 0, bytes.length)
}

await serveInWorker(({ data, serverOptions }) => {
  const { share, options } = data as WorkerData
  const logger = createLogger(options.logLevel)
  const { negotiated } = serverOptions
  return new Server(PassthroughFs.attach(share), {
    ...serverOptions,
    logger,
    ...(options.trace ? { observe: traceRequests(printLine, { negotiated }) } : {}),
  })
})
