import { NotifyCode } from './constants/notify-code.js'
import * as s from './generated/notifications.generated.js'
import type { Payload } from './opcode-info.js'
import type { AnyStruct } from './struct.js'

/** What is known of one notification. */
export interface NotificationInfo {
  /** Its number, which travels as the `error` of a `fuse_out_header` whose unique number is 0. */
  readonly code: number
  /** Its key in `NotifyCode`. */
  readonly name: string
  /** Its name in C. */
  readonly cName: string
  /** Minor version that brought it. */
  readonly since: number
  /** The struct after the header, `undefined` if there is none. */
  readonly struct: AnyStruct | undefined
  /** How many NUL-terminated names follow; `namelen` of the struct counts without the NUL. */
  readonly names: 0 | 1
  /** What follows those. */
  readonly payload: Payload
  /** Key of the struct that counts the payload (bytes or elements), `undefined` if there is no payload. */
  readonly payloadCount: string | undefined
}

function info(
  name: keyof typeof NotifyCode,
  since: number,
  struct: AnyStruct | undefined,
  names: 0 | 1 = 0,
  payload: Payload = 'none',
  payloadCount?: string,
): NotificationInfo {
  return {
    code: NotifyCode[name],
    name,
    cName: `FUSE_NOTIFY_${name}`,
    since,
    struct,
    names,
    payload,
    payloadCount,
  }
}

function build(): readonly NotificationInfo[] {
  return [
    info('POLL', 11, s.FuseNotifyPollWakeupOut),
    info('INVAL_INODE', 12, s.FuseNotifyInvalInodeOut),
    info('INVAL_ENTRY', 12, s.FuseNotifyInvalEntryOut, 1),
    info('STORE', 15, s.FuseNotifyStoreOut, 0, 'bytes', 'size'),
    info('RETRIEVE', 15, s.FuseNotifyRetrieveOut),
    info('DELETE', 18, s.FuseNotifyDeleteOut, 1),
    info('RESEND', 40, undefined),
    info('INC_EPOCH', 44, undefined),
    info('PRUNE', 45, s.FuseNotifyPruneOut, 0, 'nodeids', 'count'),
  ]
}

/** Every notification of FUSE 7.45 by its number. */
export const notifications: Readonly<Record<number, NotificationInfo>> = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ build().map((one) => [one.code, one]),
)
