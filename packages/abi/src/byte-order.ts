import { Opcode } from './constants/opcode.js'

/**
 * Tells whether a first request comes from a host of the other byte order: INIT or CUSE_INIT then shows as a
 * number that is reserved for this. Such a connection cannot be served; every number in it is swapped.
 *
 * @param opcode `opcode` of the header, decoded in this host's order.
 */
export function isByteSwappedInit(opcode: number): boolean {
  return opcode === Opcode.INIT_BSWAP_RESERVED || opcode === Opcode.CUSE_INIT_BSWAP_RESERVED
}
