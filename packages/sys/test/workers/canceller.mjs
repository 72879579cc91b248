// Cancels a wait that another thread of JavaScript started.
import { parentPort, workerData } from 'node:worker_threads'
import { cancelToken } from '../../dist/index.js'

parentPort.postMessage(cancelToken(workerData.token))
