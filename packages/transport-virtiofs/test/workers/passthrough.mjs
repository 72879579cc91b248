// Serves the files of a PassthroughFs that the main thread shares.
import { Server } from '@fb/api'
import { PassthroughFs } from '@fb/passthrough'
import { serveVirtiofsInWorker } from '../../dist/index.js'

serveVirtiofsInWorker(({ data, serverOptions }) => new Server(PassthroughFs.attach(data), serverOptions))
