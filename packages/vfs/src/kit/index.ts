/**
 * What a file system that is made of others needs, besides what it is about: asking them, turning what they answer, now or
 * later, into what a client is told, listing their directories, giving back what the client did not get. {@link Vfs} is made
 * with it.
 *
 * @packageDocumentation
 */

export { Answers, type Conversion } from './answers.js'
export { type Ask, asker } from './ask.js'
export type { Backing, Composition, HandleKind } from './backing.js'
export { type Hides, ListingSink } from './listing-sink.js'
export { OWN_CONTEXT } from './own-context.js'
export { runSteps, type Steps } from './steps.js'
