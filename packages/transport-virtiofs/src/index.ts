/**
 * Serve a {@link FileSystem} of `@fb/api` to virtual machines: the virtio-fs device over vhost-user.
 *
 * {@link serveVirtiofs} listens on a socket for virtual machine monitors; {@link VirtiofsDevice} is the device alone.
 *
 * @packageDocumentation
 */
export { MAX_REQUEST_QUEUES } from './config-space.js'
export { type ServeVirtiofsOptions, serveVirtiofs } from './serve-virtiofs.js'
export { VirtiofsDevice, type VirtiofsDeviceOptions } from './virtiofs-device.js'
