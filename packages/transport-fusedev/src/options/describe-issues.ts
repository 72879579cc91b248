import type { z } from 'zod'

/** What is wrong with options, in one line: each member that is wrong, and why. */
export function describeIssues({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ')
}
