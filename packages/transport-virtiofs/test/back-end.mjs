// A device of its own process, to be killed: every second READ is answered, the others wait; or all are answered.
import { serveVirtiofs } from '../dist/index.js'

const [path, answers] = process.argv.slice(2)
let seen = 0
const fs = {
  read(_node, _fh, offset) {
    seen += 1
    process.send({ read: offset })
    if (answers === 'half' && seen % 2 === 0) return new Promise(() => {})
    return new TextEncoder().encode(`answer ${offset}`)
  },
}
serveVirtiofs({ socketPath: path, createFileSystem: () => fs })
process.send('listening')
