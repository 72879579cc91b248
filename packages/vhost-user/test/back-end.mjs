// A back end of its own process, to be killed: answers every second request of a queue and keeps the others.
import { VhostUserServer } from '../dist/index.js'
import { EchoDevice } from '../dist/testing/index.js'

const device = new EchoDevice()
device.hold = true
const server = new VhostUserServer({ device, path: process.argv[2] })
server.listen()
process.send('listening')
let seen = 0
setInterval(() => {
  if (device.held.length === 0 || process.argv[3] !== 'half') return
  const kept = []
  const answered = []
  for (const one of device.held.splice(0)) {
    if (seen++ % 2 === 0) answered.push(one)
    else kept.push(one)
  }
  device.held.push(...answered)
  device.releaseAll()
  device.kept = kept
}, 1)
if (process.argv[3] === 'all') setInterval(() => device.releaseAll(), 1)
