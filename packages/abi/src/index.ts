/**
 * The FUSE 7.45 wire protocol: every struct, constant, operation and notification of `<linux/fuse.h>`.
 *
 * - A struct is a `const` with its layout and codec and an interface of the same name: {@link FuseInHeader}. Its
 *   name is the C name in PascalCase, its fields are the C fields in camelCase; padding is not shown. How a field
 *   appears is its {@link FieldKind}.
 * - Constants come in groups: {@link Opcode}, {@link InitFlag}. A key is the C name without its prefix;
 *   {@link cNames} leads back.
 * - {@link opcodes} and {@link notifications} say what each message consists of.
 * - Sizes that changed with the protocol are functions of the negotiated minor version: {@link entryOutSize}.
 * - What has no fixed layout has functions: {@link nameEnd}, {@link parseExtensions}, {@link encodeDirent},
 *   {@link forEachForget}.
 *
 * Nothing here does any input or output, and nothing depends on Node.
 *
 * @packageDocumentation
 */
export { isByteSwappedInit } from './byte-order.js'
export {
  attrOutSize,
  createInSize,
  direntplusSize,
  direntSize,
  entryOutSize,
  getattrInSize,
  initInSize,
  initOutSize,
  lkInSize,
  mknodInSize,
  readInSize,
  setxattrInSize,
  statfsOutSize,
  writeInSize,
} from './compat.js'
export { type ConstantGroup, cNames, constantGroups } from './constants/c-names.js'
export * from './constants/device.js'
export * from './constants/init-flag.js'
export * from './constants/limits.js'
export * from './constants/notify-code.js'
export * from './constants/opcode.js'
export * from './constants/reply-flags.js'
export * from './constants/request-flags.js'
export { forEachForget, forEachRemovemapping } from './counted.js'
export { decodeShort } from './decode-short.js'
export {
  type Dirent,
  type Direntplus,
  decodeDirentplus,
  decodeDirents,
  encodeDirent,
  encodeDirentplus,
  readdirCookie,
} from './dirents.js'
export { type Extensions, encodeExtensions, parseExtensions, type SecurityContext } from './extensions.js'
export * from './generated/structs.generated.js'
export { type InitFlagWords, joinInitFlags, splitInitFlags } from './init-flags.js'
export { nameEnd } from './names.js'
export { type NotificationInfo, notifications } from './notifications.js'
export type { OpcodeInfo, Payload, Reply } from './opcode-info.js'
export { opcodeInfo, opcodes } from './opcodes.js'
export { ProtocolError } from './protocol-error.js'
export type { AnyStruct, FieldDescriptor, FieldKind, StructDescriptor } from './struct.js'
export { readU64, uniqueToBigint, writeU64 } from './wide.js'
