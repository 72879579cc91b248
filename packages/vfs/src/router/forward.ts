import {
  Errno,
  type FileHandle,
  type NodeId,
  OPERATIONS,
  type Operation,
  type OperationInfo,
  type Outcome,
} from '@fb/api'
import type { Answers } from '../kit/answers.js'
import { asker } from '../kit/ask.js'
import { localNode, type Mount } from '../mount/mount.js'
import type { Router } from './router.js'

/** An operation of a tree: its method, as a function of the router. None has more than six arguments. */
export type Forward = (
  router: Router,
  a: unknown,
  b?: unknown,
  c?: unknown,
  d?: unknown,
  e?: unknown,
  f?: unknown,
) => Outcome<unknown>

type Convert = (answers: Answers<Mount>, mount: Mount, outcome: never, missing: never) => Outcome<unknown>

/** How an answer becomes that of the tree, by what it is. What is opened or created is counted with its flags: not from here. */
const CONVERSIONS: Partial<Record<OperationInfo['gives'], Convert>> = {
  value: (answers, mount, outcome, missing) => answers.plain(mount, outcome, missing),
  entry: (answers, mount, outcome, missing) => answers.entry(mount, outcome, missing),
  attributes: (answers, mount, outcome, missing) => answers.attributes(mount, outcome, missing),
}

type AnyAsk = (mount: Mount, a: unknown, b: unknown, c: unknown, d: unknown, e: unknown, f: unknown) => never

/**
 * Makes an operation of a tree that is just that of the mount which its node or handle leads to, from what the table of
 * operations says. Throws a TypeError for one that the tree has to do more for.
 */
export function forwarder(operation: Operation): Forward {
  const { handle, gives, missing, pair } = OPERATIONS[operation] as OperationInfo
  const convert = CONVERSIONS[gives]
  if (convert === undefined || pair === true || handle > 2) {
    throw new TypeError(`${operation} cannot be forwarded as it is: see ops`)
  }
  const ask = asker(operation) as unknown as AnyAsk
  if (handle < 0) {
    return (router, a, b, c, d, e, f) => {
      const mount = router.at(a as NodeId)
      if (mount === undefined) return Errno.ESTALE
      const outcome = ask(mount, localNode(mount, a as NodeId), b, c, d, e, f)
      return convert(router.answers, mount, outcome, missing as never)
    }
  }
  return (router, a, b, c, d, e, f) => {
    const node = a as NodeId
    const fh = (handle === 1 ? b : c) as FileHandle | undefined
    const mount = fh === undefined ? router.at(node) : router.on(node, fh)
    if (mount === undefined) return fh === undefined ? Errno.ESTALE : Errno.ENOTCONN
    const local = localNode(mount, node)
    const own = router.localHandle(mount, node, fh)
    const outcome = handle === 1 ? ask(mount, local, own, c, d, e, f) : ask(mount, local, b, own, d, e, f)
    return convert(router.answers, mount, outcome, missing as never)
  }
}
