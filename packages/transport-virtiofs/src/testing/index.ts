/**
 * A guest without a virtual machine, for tests: FUSE through rings in shared memory, to any device that listens at a
 * socket.
 *
 * @packageDocumentation
 */
export {
  type ConnectOptions,
  type PostOptions,
  type Preparation,
  type Reply,
  RingClient,
} from './ring-client.js'
