/**
 * Serve a {@link FileSystem} of `@fb/api` to virtual machines: the virtio-fs device over vhost-user.
 *
 * {@link serveVirtiofs} listens on a socket for virtual machine monitors; {@link VirtiofsDevice} is the device alone.
 * With `workers` the request queues are spread over threads, each of which calls {@link serveVirtiofsInWorker}.
 *
 * @packageDocumentation
 */
export { MAX_REQUEST_QUEUES } from './config-space.js'
export { type ServeVirtiofsOptions, serveVirtiofs, type VirtiofsServer } from './serve-virtiofs.js'
export { VirtiofsDevice, type VirtiofsDeviceOptions } from './virtiofs-device.js'
export { serveVirtiofsInWorker, type VirtiofsWorkerContext } from './workers/serve-in-worker.js'
export type { VirtiofsWorkers } from './workers/worker-pool.js'
