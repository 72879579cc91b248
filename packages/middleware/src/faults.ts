import type { Operation } from '@fb/api'
import { type Errno, type NodeId, nameToBytes } from '@fb/api'

/** When something shall go wrong, and how. A rule applies where everything that it names is so. */
export interface FaultRule {
  /** One operation or several. Default: all but `forget`, which has no answer. */
  readonly operations?: Operation | readonly Operation[]
  /** Node (or parent directory) that it is about. */
  readonly node?: NodeId
  /** Name that it is about: of a file, or of an extended attribute. */
  readonly name?: string | Uint8Array
  /** How often it strikes where it could, 0...1. Default 1. */
  readonly probability?: number
  /** How many times it could have struck before it first does. Default 0. */
  readonly after?: number
  /** How many times it strikes. Default: for ever. */
  readonly times?: number
  /** What the operation is answered; it does not reach the file system then. Default: what the file system answers. */
  readonly errno?: Errno
  /** Milliseconds before anything happens. Default 0. */
  readonly delay?: number
}

/** What a rule wants done to one operation. */
export interface Fault {
  readonly errno: Errno | undefined
  readonly delay: number
}

interface ActiveRule {
  readonly rule: FaultRule
  readonly operations: ReadonlySet<Operation> | undefined
  readonly name: Uint8Array | undefined
  /** How many times it could have struck, and did. */
  matched: number
  struck: number
}

/** Where the names stand among the arguments; other operations have none. */
const NAMES_AT: Partial<Record<Operation, readonly number[]>> = {
  lookup: [1],
  symlink: [1],
  mknod: [1],
  mkdir: [1],
  unlink: [1],
  rmdir: [1],
  rename: [1, 3],
  link: [2],
  create: [1],
  setxattr: [1],
  getxattr: [1],
  removexattr: [1],
}

/**
 * The rules by which {@link injectFaults} makes operations fail or wait. They can be changed at any time: a test sets them
 * up, looks what happens, and takes them away.
 */
export class Faults {
  readonly #random: () => number
  #rules: ActiveRule[] = []

  /** @param random numbers of 0...1 (1 excluded) for rules with a probability, default `Math.random` */
  constructor(rules: readonly FaultRule[] = [], random: () => number = Math.random) {
    this.#random = random
    this.set(rules)
  }

  /** Replaces the rules; counts begin anew. Throws RangeError for numbers out of range. */
  set(rules: readonly FaultRule[]): void {
    this.#rules = rules.map(activate)
  }

  /** How many times each rule has struck, in the order of the rules. */
  get struck(): readonly number[] {
    return this.#rules.map(({ struck }) => struck)
  }

  /** What the first rule that strikes wants done to an operation. Counts. */
  next(operation: Operation, args: readonly unknown[]): Fault | undefined {
    for (const active of this.#rules) {
      if (!applies(active, operation, args)) continue
      const { rule } = active
      active.matched += 1
      if (active.matched <= (rule.after ?? 0) || active.struck >= (rule.times ?? Number.POSITIVE_INFINITY))
        continue
      if (rule.probability !== undefined && this.#random() >= rule.probability) continue
      active.struck += 1
      return { errno: rule.errno, delay: rule.delay ?? 0 }
    }
    return undefined
  }
}

function activate(rule: FaultRule): ActiveRule {
  const { operations, name, probability = 1, after = 0, times = 0, delay = 0 } = rule
  if (!(probability >= 0 && probability <= 1))
    throw new RangeError(`probability is 0...1, not ${probability}`)
  if (!(after >= 0 && times >= 0 && delay >= 0)) throw new RangeError('after, times and delay are 0 or more')
  return {
    rule,
    operations: operations === undefined ? undefined : new Set([operations].flat()),
    name: typeof name === 'string' ? nameToBytes(name) : name,
    matched: 0,
    struck: 0,
  }
}

function applies(active: ActiveRule, operation: Operation, args: readonly unknown[]): boolean {
  const { rule, operations, name } = active
  if (operations !== undefined && !operations.has(operation)) return false
  if (rule.node !== undefined && nodeOf(args[0]) !== rule.node) return false
  if (name === undefined) return true
  return (NAMES_AT[operation] ?? []).some((at) => Buffer.compare(args[at] as Uint8Array, name) === 0)
}

/** The node of an operation is its first argument; `copyFileRange` has it in a record. */
function nodeOf(argument: unknown): unknown {
  return typeof argument === 'object' && argument !== null ? (argument as { node?: unknown }).node : argument
}
