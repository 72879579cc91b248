#!/usr/bin/env node
import { fileURLToPath } from 'node:url'
import { activationSockets, isInBackground, runDaemon, runInBackground } from '@fb/daemon'
import { parseOptions } from './options.js'
import { serveDirectory } from './serve-directory.js'
import { serveTree } from './serve-tree.js'

const NAME = 'fusedev-daemon'

await runDaemon({
  name: NAME,
  manifest: new URL('../package.json', import.meta.url),
  serve: async (argv, version) => {
    const options = parseOptions(argv, version, activationSockets())
    // In the background the launcher has said these.
    if (!isInBackground()) for (const note of options.notes) console.error(`${NAME}: ${note}`)
    if (options.background && !isInBackground()) await runInBackground(fileURLToPath(import.meta.url), argv)
    else if (options.tree === undefined) await serveDirectory(options)
    else await serveTree(options, version)
  },
})
