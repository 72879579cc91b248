import { majors, nodeBinary } from './node-binary.js'
import { smoke } from './smoke.js'

process.stdout.write(smoke(process.execPath))
for (const major of majors) process.stdout.write(smoke(await nodeBinary(major)))
