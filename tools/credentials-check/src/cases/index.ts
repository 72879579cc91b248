import { SeededRandom } from '@fb/api/testing'
import { accessible, times, truncation } from './attributes.js'
import type { Case } from './case.js'
import { creation } from './creations.js'
import { Draw } from './factors.js'
import { linking, removal, renaming, searching } from './names.js'
import { access, opening, openingOthers } from './openings.js'
import { changeMode, changeOwner, changeOwnerOfOthers, useHeld } from './owners.js'
import { clearSetIds, execute } from './set-ids.js'
import { acl, attribute } from './xattrs.js'

type Family = (draw: Draw) => string[]

/** What cases are about, and how many of a thousand are. */
const FAMILIES: Readonly<Record<string, readonly [Family, number]>> = {
  create: [creation, 170],
  open: [opening, 100],
  access: [access, 60],
  'open-other': [openingOthers, 30],
  chown: [changeOwner, 80],
  'chown-other': [changeOwnerOfOthers, 20],
  chmod: [changeMode, 70],
  held: [useHeld, 40],
  'set-id': [clearSetIds, 90],
  exec: [execute, 4],
  remove: [removal, 50],
  rename: [renaming, 80],
  link: [linking, 30],
  search: [searching, 26],
  xattr: [attribute, 60],
  acl: [acl, 40],
  times: [times, 30],
  may: [accessible, 10],
  truncate: [truncation, 10],
}

/** About so many cases that all differ, of every family; the same for the same seed. */
export function generateCases(seed: number, count: number): Case[] {
  return Object.entries(FAMILIES).flatMap(([name, [family, share]], stream) => {
    const draw = new Draw(new SeededRandom(seed, stream))
    const wanted = Math.ceil((count * share) / 1000)
    const known = new Map<string, Case>()
    // A family that has fewer different cases than that gives what it has.
    for (let tries = 0; known.size < wanted && tries < 4 * wanted; tries += 1) {
      const steps = family(draw)
      const key = steps.join(';')
      if (!known.has(key)) known.set(key, { name: `${name}-${known.size}`, steps })
    }
    return [...known.values()]
  })
}
