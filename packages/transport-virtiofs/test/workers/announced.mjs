// Serves nothing; writes a letter to the file FB_STARTED when it is started.
import { appendFileSync } from 'node:fs'
import { Server } from '@fb/api'
import { serveVirtiofsInWorker } from '../../dist/index.js'

appendFileSync(process.env.FB_STARTED, 'x')
serveVirtiofsInWorker(({ serverOptions }) => new Server({}, serverOptions))
