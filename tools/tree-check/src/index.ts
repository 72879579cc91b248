/**
 * Trees of many directories, served by a process of their own, for checks that mount.
 *
 * @packageDocumentation
 */
export { type ChurnOptions, type ChurnReport, churn } from './churn/churn.js'
export type { MountSpec, Serving, Usage } from './server/protocol.js'
export { TreeServer } from './tree-server.js'
