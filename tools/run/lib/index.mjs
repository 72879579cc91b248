// For the other tools of this repository.
export { cached } from './cache.mjs'
export { mountType, unmount } from './mounts.mjs'
export { pnpm } from './pnpm.mjs'
export { registryUnreachable } from './registry.mjs'
export { root } from './root.mjs'
