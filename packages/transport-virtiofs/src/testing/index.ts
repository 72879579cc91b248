/**
 * A guest without a virtual machine, for tests: FUSE through rings in shared memory, to any device that listens at a
 * socket; and one that attacks it.
 *
 * @packageDocumentation
 */
export { HostileGuest, type HostileGuestOptions, type SessionPlan } from './hostile-guest.js'
export {
  type ConnectOptions,
  type PostOptions,
  type Preparation,
  type Reply,
  RingClient,
} from './ring-client.js'
