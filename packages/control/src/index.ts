/**
 * Trees of file systems that are described on a command line or in a file, and a socket to change and watch them while
 * they are served. What `fusedev-daemon` and `virtiofsd` have in common; it knows no transport.
 *
 * ```ts
 * const tree = new ServedTree({ controlled: true, defaults: {}, logger })
 * await tree.mount(parseMount('/=/srv/data,ro'))
 * const target = new TreeTarget({ tree, logger, program: 'mine', version: '1.0.0', serving: '/mnt' })
 * const control = await ControlServer.listen({ path: '/run/mine.sock', target, logger })
 * const server = new Server(tree.fileSystem)
 * ```
 *
 * @packageDocumentation
 */

export type { MountDefaults } from './back-end.js'
export { type Config, config, readConfig } from './config-file.js'
export { ControlClient } from './control-client.js'
export { ControlError, toControlError } from './control-error.js'
export {
  type Change,
  type ControlCommand,
  type ControlRequest,
  type ControlResults,
  controlReply,
  controlRequest,
  MAX_LINE,
  type MountEntry,
  type MountStats,
  type OperationNumbers,
  type Stats,
  type Status,
} from './control-protocol.js'
export { ControlServer, type ControlServerOptions } from './control-server.js'
export type { ControlTarget } from './control-target.js'
export { runCtl } from './ctl.js'
export type { CtlOutput } from './ctl-command.js'
export { CtlExit } from './ctl-exit.js'
export { ctlMain } from './ctl-main.js'
export { Gate } from './gate.js'
export { LOG_LEVELS, type LogLevel } from './log-level.js'
export { type Files, type MountSpec, mountSpec } from './mount-spec.js'
export { MOUNT_OPTIONS_HELP, parseMount, parseSource } from './mount-text.js'
export { OpenTree, type OpenTreeOptions, openTree, TreeError, type TreeFault } from './open-tree.js'
export { ServedTree, type ServedTreeOptions, type TreeMount } from './served-tree.js'
export { type Rate, ratesBetween, type Screen } from './top.js'
export { addTreeOptions, type TreeArguments, type TreeOptions, treeOptions } from './tree-options.js'
export { type LeveledLogger, TreeTarget, type TreeTargetOptions } from './tree-target.js'
