/** One thing that somebody does, and what was there before. */
export interface Case {
  /** Unique; begins with the name of its family. */
  readonly name: string
  /** Steps of `native/worker.cc`, in order. */
  readonly steps: readonly string[]
}

/** The line that the worker reads. */
export function lineOf({ name, steps }: Case): string {
  return `${name}\t${steps.join(';')}\n`
}

/** Whether a case is about POSIX ACLs, which a mount may do without. */
export function usesAcl({ steps }: Case): boolean {
  return steps.some((step) => /acl/.test(step))
}

/** Whether a case is about chown(2) that names neither an owner nor a group, which a server must know its caller for. */
export function namesNobody({ steps }: Case): boolean {
  return steps.some((step) => /chown .*-1 -1$/.test(step))
}
