#!/usr/bin/env node
import { activationSockets, runDaemon } from '@fb/daemon'
import { parseOptions } from './options.js'
import { serveDirectory } from './serve-directory.js'
import { isFile, serveFile } from './serve-file.js'
import { serveTree } from './serve-tree.js'

await runDaemon({
  name: 'virtiofsd',
  manifest: new URL('../package.json', import.meta.url),
  serve: async (argv, version) => {
    const options = parseOptions(argv, version, activationSockets())
    if (options.tree !== undefined) await serveTree(options, version)
    else if (isFile(options.sharedDir)) await serveFile(options, version)
    else await serveDirectory(options)
  },
})
