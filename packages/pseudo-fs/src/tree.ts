import type { NodeId } from '@fb/api'
import type { Children } from './children.js'
import { type Description, describe, listEntries, type PseudoEntries } from './description.js'
import { makeNode, redescribe, setTimes, type TreeDefaults, type TreeNode } from './tree-node.js'

/** Number of the root. */
export const ROOT: NodeId = 1
const MILLISECONDS = 1000
const NO_NAME = new Uint8Array(0)

/** A directory node. */
export type DirectoryNode = TreeNode & { readonly children: Children }

/** The nodes of a file system: how they hang together, and which are still known to the client. */
export class Tree {
  readonly nodes = new Map<NodeId, TreeNode>()
  readonly #defaults: TreeDefaults
  readonly #timeout: number
  #next: NodeId = ROOT + 1

  /** @param timeout seconds for which the result of a directory's function is used */
  constructor(root: Description, defaults: TreeDefaults, timeout: number) {
    this.#defaults = defaults
    this.#timeout = timeout
    this.#make(ROOT, 0, NO_NAME, root)
  }

  /** Lowest number that no node has had. */
  get next(): NodeId {
    return this.#next
  }

  /** Numbers below have been used. */
  skipTo(number: NodeId): void {
    this.#next = Math.max(this.#next, number)
  }

  /**
   * Makes a node; `parent` 0 leaves it without a name in this tree. Throws RangeError for a number that is taken.
   */
  make(parent: NodeId, name: Uint8Array, description: Description, number: NodeId = this.#next): TreeNode {
    if (!Number.isSafeInteger(number) || number <= ROOT || this.nodes.has(number)) {
      throw new RangeError(`node number ${number} is taken or not a whole number above ${ROOT}`)
    }
    const node = this.#make(number, parent, name, description)
    this.#hang(node)
    return node
  }

  /** Hangs a node below another parent, under the same name; `parent` 0 is nowhere in this tree. */
  move(node: TreeNode, parent: NodeId): void {
    this.#unhang(node)
    node.parent = parent
    this.#hang(node)
  }

  /** Takes a node's name away, and those of everything below; what the client does not know is gone at once. */
  unlink(node: TreeNode): void {
    this.#unhang(node)
    this.#orphan(node)
  }

  /** The client has dropped `nlookup` of its lookups. */
  forget(node: TreeNode, nlookup: number): void {
    node.lookups = Math.max(0, node.lookups - nlookup)
    this.#dropUnused(node)
  }

  /** Calls the function of a directory where what it gave last is too old. A promise where that takes time. */
  refresh(node: DirectoryNode): Promise<void> | undefined {
    const { description } = node
    if (description.kind !== 'directory' || typeof description.entries !== 'function') return undefined
    if (node.listing !== undefined) return node.listing
    if (performance.now() - node.listedAt < this.#timeout * MILLISECONDS) return undefined
    const made = description.entries()
    if (!(made instanceof Promise)) {
      this.#relist(node, made)
      return undefined
    }
    node.listing = made
      .then((entries) => this.#relist(node, entries))
      .finally(() => {
        node.listing = undefined
      })
    return node.listing
  }

  #hang(node: TreeNode): void {
    const above = this.nodes.get(node.parent)
    if (above?.children === undefined) return
    above.children.add(node)
    if (node.children !== undefined) above.attr.nlink += 1
  }

  #unhang(node: TreeNode): void {
    const above = this.nodes.get(node.parent)
    if (above?.children === undefined) return
    above.children.remove(node)
    if (node.children !== undefined) above.attr.nlink -= 1
  }

  #make(number: NodeId, parent: NodeId, name: Uint8Array, description: Description): TreeNode {
    const node = makeNode(number, parent, name, description, this.#defaults)
    this.nodes.set(number, node)
    this.#next = Math.max(this.#next, number + 1)
    if (description.kind === 'directory' && isDirectory(node) && typeof description.entries !== 'function') {
      this.#fill(node, description.entries)
    }
    return node
  }

  #relist(node: DirectoryNode, entries: PseudoEntries): void {
    if (this.#fill(node, entries)) setTimes(node.attr, new Date())
    node.listedAt = performance.now()
  }

  /** Makes a directory hold exactly `entries`. Names that stay keep their nodes. True where a name came or went. */
  #fill(node: DirectoryNode, entries: PseudoEntries): boolean {
    const list = [...listEntries(entries)].map(([name, entry]) => [name, describe(entry)] as const)
    const kept = new Set<TreeNode>()
    let changed = false
    for (const [name, description] of list) {
      const existing = node.children.get(name)
      if (existing !== undefined && kept.has(existing)) throw new TypeError('a directory has one name twice')
      if (existing !== undefined && existing.description.kind === description.kind) {
        this.#redescribe(existing, description)
        kept.add(existing)
        continue
      }
      if (existing !== undefined) this.unlink(existing)
      kept.add(this.make(node.number, name, description))
      changed = true
    }
    for (const child of [...node.children.after(0)]) {
      if (kept.has(child)) continue
      this.unlink(child)
      changed = true
    }
    return changed
  }

  #redescribe(node: TreeNode, description: Description): void {
    redescribe(node, description, this.#defaults)
    if (description.kind !== 'directory' || !isDirectory(node)) return
    if (typeof description.entries === 'function') node.listedAt = Number.NEGATIVE_INFINITY
    else if (this.#fill(node, description.entries)) setTimes(node.attr, new Date())
  }

  #orphan(node: TreeNode): void {
    node.linked = false
    node.attr.nlink = 0
    for (const child of node.children?.after(0) ?? []) this.#orphan(child)
    this.#dropUnused(node)
  }

  #dropUnused(node: TreeNode): void {
    if (!node.linked && node.lookups === 0) this.nodes.delete(node.number)
  }
}

/** Whether a node is a directory. */
export function isDirectory(node: TreeNode): node is DirectoryNode {
  return node.children !== undefined
}
