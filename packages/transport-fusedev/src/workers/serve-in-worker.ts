import { workerData } from 'node:worker_threads'
import { type Logger, Notifier, quietLogger, type Server, type ServerOptions } from '@fb/api'
import { check, schedSetaffinity, setThreadName } from '@fb/sys'
import { FuseChannel } from '../device/fuse-channel.js'
import { NotificationQueue } from '../notify/notification-queue.js'
import { Activity } from '../serve/activity.js'
import { roomFor } from '../serve/dispatch.js'
import { LoopControl } from '../serve/loop-control.js'
import { serveBlocking } from '../serve/serve-blocking.js'
import { type FromWorker, SETUP_KEY, spaceOfWorker, type ToWorker, type WorkerSetup } from './worker-setup.js'

/** What a serving thread makes its server from. */
export interface WorkerContext {
  /** Position among the threads, from 0. */
  readonly index: number
  /** `ServeWorkersOptions.workerData`. */
  readonly data: unknown
  /** To be given to the `Server`: what INIT settled, and how this thread is tied to the others. */
  readonly serverOptions: Required<Pick<ServerOptions, 'negotiated' | 'notifier' | 'onForeignInterrupt'>>
}

/**
 * Serves in a thread that `FuseSession.serveWorkers` has started: call it once, at the end of the script. `create` makes
 * the thread's server, whose file system shares what it must with the other threads' (in a SharedArrayBuffer).
 *
 * Resolves when the connection has ended and the server is closed; the thread is ended then. What it throws ends the
 * whole session, if it is left uncaught.
 *
 * @example
 * await serveInWorker(({ serverOptions }) => new Server(new MyFileSystem(), serverOptions))
 */
export async function serveInWorker(
  create: (context: WorkerContext) => Server | Promise<Server>,
  logger: Logger = quietLogger,
): Promise<void> {
  const setup = (workerData as { [SETUP_KEY]?: WorkerSetup } | null)?.[SETUP_KEY]
  if (setup === undefined) {
    throw new Error('serveInWorker must be called in a thread that FuseSession.serveWorkers has started')
  }
  const { index, fd, negotiated, port, data } = setup
  setThreadName(`fuse-${index}`)
  if (setup.cpu !== undefined) check(schedSetaffinity(setup.cpu), 'sched_setaffinity')
  const post = (message: FromWorker): void => port.postMessage(message)
  const channel = new FuseChannel({
    fd,
    owned: false,
    maxWrite: roomFor(negotiated),
    owner: setup.owner,
    logger,
    exclusive: setup.exclusive,
  })
  const queue = new NotificationQueue(fd)
  const notifier = new Notifier(sendHolding(channel, queue), {
    space: spaceOfWorker(index),
    onForeignData: (unique, { offset, bytes }) => post({ kind: 'retrieved', unique, offset, bytes }),
  })
  const onForeignInterrupt = (unique: bigint): boolean => {
    post({ kind: 'interrupt', unique })
    return true
  }
  const server = await create({ index, data, serverOptions: { negotiated, notifier, onForeignInterrupt } })
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'interrupt') server.interrupt(message.unique)
    else notifier.retrieved(message.unique, message.offset, message.bytes)
  })
  port.unref()
  post({ kind: 'serving' })
  const control = new LoopControl(setup.control)
  const activity = new Activity(setup.activity)
  const end = await serveBlocking(channel, server, control, { spin: setup.spin, activity })
  if (end === 'ended') post({ kind: 'ended' })
  // Closing would destroy the file system, which the other threads share.
  if (end !== 'retired') await server.close()
  notifier.close()
  await queue.close()
  channel.close()
  post({ kind: 'closed' })
}

/** A notification settles on the event loop, which therefore has to run until it has. */
function sendHolding(channel: FuseChannel, queue: NotificationQueue): NotificationQueue['send'] {
  return async (head, data) => {
    const release = channel.hold()
    try {
      return await queue.send(head, data)
    } finally {
      release()
    }
  }
}
