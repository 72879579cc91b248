// Watches each path of argv with inotify. Prints 'watching', and a line of "<path> <event> <name>" for each event.
import { watch } from 'node:fs'

for (const path of process.argv.slice(2))
  watch(path, (event, name) => console.log(`${path} ${event} ${name}`))
console.log('watching')
