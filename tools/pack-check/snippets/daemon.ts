import { openLog, runDaemon, UsageError, untilSignal } from '@fb/daemon'

await runDaemon({
  name: 'mine',
  manifest: new URL('../node_modules/@fb/daemon/package.json', import.meta.url),
  serve: async (argv, version) => {
    if (argv.length > 0) throw new UsageError('no arguments are taken')
    const { logger } = openLog({ program: 'mine', logLevel: 'warn', syslog: false })
    const ended = untilSignal(logger)
    process.kill(process.pid, 'SIGTERM')
    // The loop has to live for a signal to come.
    const alive = setInterval(() => {}, 1000)
    await ended
    clearInterval(alive)
    if (!/^\d/.test(version)) throw new Error(`version ${version}`)
    console.log('@fb/daemon works')
  },
})
