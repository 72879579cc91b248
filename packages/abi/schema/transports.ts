import { type Area, bytes, flexible, i32, padding, record, struct, u16, u32, u64 } from './dsl.js'

/** DAX, request extensions, backing files, io_uring. */
export const transports: Area = {
  file: 'transports',
  doc: 'DAX mappings, request extensions, backing files and io_uring.',
  structs: [
    struct(
      'fuse_backing_map',
      'Argument of the BACKING_OPEN ioctl.',
      i32('fd', 'File descriptor of the backing file.'),
      u32('flags', 'Zero: no flag is defined.'),
      padding('padding', 'uint64_t'),
    ),
    struct(
      'fuse_setupmapping_in',
      'SETUPMAPPING.',
      u64('fh', 'number', 'File handle.'),
      u64('foffset', 'number', 'Start of the range in the file, bytes.'),
      u64('len', 'number', 'Length of the range, bytes.'),
      u64('flags', 'number', 'Bits of `SetupmappingFlag`.'),
      u64('moffset', 'number', 'Place in the DAX window, bytes.'),
    ),
    struct(
      'fuse_removemapping_in',
      'REMOVEMAPPING; `count` records of `fuse_removemapping_one` follow.',
      u32('count', 'Records that follow.'),
    ),
    struct(
      'fuse_removemapping_one',
      'One of the records that follow `fuse_removemapping_in`.',
      u64('moffset', 'number', 'Place in the DAX window, bytes.'),
      u64('len', 'number', 'Length, bytes; may be all ones, which decodes to 2^64.'),
    ),
    struct(
      'fuse_secctx',
      'One security context; its name, a NUL and its value follow, then zeros up to a multiple of 8 bytes.',
      u32('size', 'Length of the value, bytes.'),
      padding('padding', 'uint32_t'),
    ),
    struct(
      'fuse_secctx_header',
      'Head of the extension that holds security contexts.',
      u32('size', 'Length of the extension, this head included, bytes.'),
      u32('nr_secctx', 'Count of contexts; at most `ExtensionType.MAX_NR_SECCTX`.'),
    ),
    struct(
      'fuse_ext_header',
      'Head of an extension.',
      u32('size', 'Length of the extension, this head and padding included, bytes.'),
      u32('type', 'A number of `ExtensionType`, or a count of security contexts.'),
    ),
    struct(
      'fuse_supp_groups',
      'Body of the extension that holds supplementary groups.',
      u32('nr_groups', 'Count of groups.'),
      flexible('groups', 'uint32_t'),
    ),
    struct(
      'fuse_uring_ent_in_out',
      'What an io_uring entry says of its request.',
      u64('flags', 'number', 'Zero: no flag is defined.'),
      u64('commit_id', 'halves', 'Number to commit the answer with.'),
      u32('payload_sz', 'Length of the payload, bytes.'),
      padding('padding', 'uint32_t'),
      padding('reserved', 'uint64_t'),
    ),
    struct(
      'fuse_uring_req_header',
      'First buffer of an io_uring entry.',
      bytes('in_out', 'FUSE_URING_IN_OUT_HEADER_SZ', 128, 'Room for `fuse_in_header` or `fuse_out_header`.'),
      bytes('op_in', 'FUSE_URING_OP_IN_OUT_SZ', 128, 'Room for the struct of the operation.'),
      record('ring_ent_in_out', 'fuse_uring_ent_in_out', 'What the entry says of its request.'),
    ),
    struct(
      'fuse_uring_cmd_req',
      'Command area of an io_uring submission entry.',
      u64('flags', 'number', 'Zero: no flag is defined.'),
      u64('commit_id', 'halves', 'Number of the answer that is committed.'),
      u16('qid', 'Queue, one for each CPU.'),
      padding('padding', 'uint8_t', 6),
    ),
  ],
}
