#!/usr/bin/env node
import { runDaemon } from '@fb/daemon'
import { parseOptions } from './options.js'
import { serveDirectory } from './serve-directory.js'
import { serveTree } from './serve-tree.js'

await runDaemon({
  name: 'fusedev-daemon',
  manifest: new URL('../package.json', import.meta.url),
  serve: async (argv, version) => {
    const options = parseOptions(argv, version)
    if (options.tree === undefined) await serveDirectory(options)
    else await serveTree(options, version)
  },
})
