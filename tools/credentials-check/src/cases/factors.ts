import type { SeededRandom } from '@fb/api/testing'
import { ANN, BOB, CLUB, EVE, ROOT, STRANGERS, TEAM } from './callers.js'

/** Values of something that cases differ in. */
type Factor = readonly (string | number)[]

export const OWNERS: Factor = [ROOT, ANN, BOB]
export const GROUPS: Factor = [ROOT, ANN, TEAM, TEAM, CLUB, STRANGERS]
export const UMASKS: Factor = ['000', '022', '027', '077', '0177']

/** Permissions of files, set-id bits with and without execution among them. */
export const FILE_MODES: Factor = [
  ...['0644', '0664', '0666', '0600', '0640', '0060', '0006', '0000', '0400', '0200', '0755', '0711'],
  ...['4755', '2755', '6755', '2745', '6644', '2666', '4666', '6666', '1666', '6777', '2060', '7777'],
]

/** Permissions of directories, with set-gid and sticky. */
export const DIRECTORY_MODES: Factor = [
  ...['0755', '0775', '0777', '0700', '0733', '0744', '0070', '0007', '0000', '0555', '0770'],
  ...['2755', '2775', '2777', '1777', '1775', '3777', '3775'],
]

/** Access ACLs; without a mask they say the same as permissions do. */
export const ACLS: Factor = [
  `u::rw-,u:${ANN}:r--,g::r--,m::r--,o::---`,
  `u::rw-,u:${ANN}:rw-,g::---,m::rw-,o::---`,
  `u::rw-,u:${ANN}:---,g::rw-,m::rw-,o::rw-`,
  `u::r--,u:${BOB}:rwx,g::r--,m::rwx,o::r--`,
  `u::rwx,u:${EVE}:rwx,g::r-x,m::r-x,o::---`,
  `u::rw-,g::---,g:${TEAM}:rw-,m::rw-,o::---`,
  `u::rw-,g::r--,g:${TEAM}:---,g:${CLUB}:rw-,m::rw-,o::r--`,
  `u::rwx,g::rwx,g:${TEAM}:rwx,m::---,o::---`,
  'u::rw-,g::rw-,o::---',
  'u::rwx,g::r-x,o::r-x',
]

/** Default ACLs of directories. */
export const DEFAULT_ACLS: Factor = [
  'u::rwx,g::rwx,o::rwx',
  'u::rwx,g::r-x,o::---',
  'u::r--,g::rwx,o::rwx',
  `u::rwx,u:${ANN}:rwx,g::r-x,m::rwx,o::r-x`,
  `u::rwx,g::r-x,g:${TEAM}:rwx,m::r-x,o::---`,
  `u::rw-,u:${BOB}:r--,g::---,g:${CLUB}:rw-,m::rw-,o::---`,
]

/** Draws values of factors for one case. */
export class Draw {
  readonly #random: SeededRandom

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** One of the given values. */
  of<T extends string | number>(factor: readonly T[]): T {
    return this.#random.pick(factor)
  }

  /** The steps, in so many of a hundred cases; else none. */
  sometimes(percent: number, ...steps: readonly string[]): readonly string[] {
    return this.#random.chance(percent) ? steps : []
  }

  /** Steps that make a directory with an owner, permissions, and sometimes ACLs. */
  directory(path: string): readonly string[] {
    return [
      `mkdir ${path} 0700`,
      `chown ${path} ${this.of(OWNERS)} ${this.of(GROUPS)}`,
      `chmod ${path} ${this.of(DIRECTORY_MODES)}`,
      ...this.sometimes(25, `setacl ${path} default ${this.of(DEFAULT_ACLS)}`),
      ...this.sometimes(10, `setacl ${path} access ${this.of(ACLS)}`),
    ]
  }

  /** Steps that make a file with an owner, permissions, and sometimes an ACL or capabilities. */
  file(path: string): readonly string[] {
    return [
      `file ${path} 0600 10`,
      `chown ${path} ${this.of(OWNERS)} ${this.of(GROUPS)}`,
      `chmod ${path} ${this.of(FILE_MODES)}`,
      ...this.sometimes(25, `setacl ${path} access ${this.of(ACLS)}`),
    ]
  }
}
