// Opens files and never gets round to taking them.
import { parentPort, workerData } from 'node:worker_threads'
import { AT_FDCWD, O_RDONLY, openatAsync } from '../../dist/index.js'

for (let i = 0; i < 200; i++) openatAsync(AT_FDCWD, workerData.path, O_RDONLY, 0)
parentPort.postMessage('opening')
for (;;);
