// npm run setup
//
// Installs what the native addon is built with (as root, on Debian), the packages of the lock file, and builds
// everything.
import { build } from './lib/build.mjs'
import { installMissing } from './lib/debian.mjs'
import { install } from './lib/install.mjs'
import { checkPlatform } from './lib/platform.mjs'
import { runMain } from './lib/problem.mjs'
import { toBuild } from './lib/requirements.mjs'

await runMain(async () => {
  checkPlatform()
  await installMissing(toBuild)
  await install()
  await build()
  return 0
})
