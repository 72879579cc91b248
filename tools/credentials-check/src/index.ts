/**
 * Thousands of generated cases of what users may do, run on the disk and where it is served, and compared.
 *
 * @packageDocumentation
 */

export type { Case } from './cases/case.js'
export { namesNobody, usesAcl } from './cases/case.js'
export { generateCases } from './cases/index.js'
export { check, type Place, type Report } from './check.js'
export { type Difference, describeDifference, isOfUntoldCaller } from './compare.js'
