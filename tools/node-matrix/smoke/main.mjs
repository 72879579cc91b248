// Uses the built packages as plain Node does; the last line it prints says what worked. Any Node that is supported runs it.
import { addonWorks } from './addon.mjs'
import { daemonWorks } from './daemon.mjs'
import { memoryWorks } from './memory.mjs'
import { importAll } from './modules.mjs'

const parts = [`${await importAll()} modules`]
await memoryWorks()
parts.push('file system in memory')
await addonWorks()
parts.push('addon')
if (await daemonWorks()) parts.push('daemon')
console.log(`${process.version}: ${parts.join(', ')}`)
