import { type Area, i32, padding, struct, u16, u32, u64 } from './dsl.js'

/** The two headers and what is as old as them. */
export const headers: Area = {
  file: 'headers',
  doc: 'The headers of requests and replies.',
  structs: [
    struct(
      'fuse_in_header',
      'What every request begins with.',
      u32('len', 'Length of the whole request, this header and extensions included, bytes.'),
      u32('opcode', 'What is asked for: a number of `Opcode`.'),
      u64('unique', 'halves', 'Number of the request; its reply carries the same.'),
      u64('nodeid', 'number', 'Node that the request is about; 0 where there is none.'),
      u32('uid', 'User of the caller, or `FUSE_INVALID_UIDGID`.'),
      u32('gid', 'Group of the caller, or `FUSE_INVALID_UIDGID`.'),
      u32('pid', 'Thread id of the caller as the server sees it; 0 where it cannot.'),
      u16('total_extlen', 'Length of the extensions that end the request, in units of 8 bytes.'),
      padding('padding', 'uint16_t'),
    ),
    struct(
      'fuse_out_header',
      'What every reply and notification begins with.',
      u32('len', 'Length of the whole reply, this header included, bytes.'),
      i32('error', '0, or a negated errno; in a notification a number of `NotifyCode`.'),
      u64('unique', 'halves', 'Number of the request that this answers; 0 in a notification.'),
    ),
  ],
}
