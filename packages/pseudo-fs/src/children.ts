import { NameMap } from './name-map.js'
import type { TreeNode } from './tree-node.js'

/**
 * The entries of a directory: found by name, and listed by node number. Numbers only grow, so the position in a
 * listing stays valid while names come and go.
 */
export class Children {
  readonly #byName = new NameMap<TreeNode>()
  /** Sorted by number. */
  readonly #order: TreeNode[] = []

  get(name: Uint8Array): TreeNode | undefined {
    return this.#byName.get(name)
  }

  add(node: TreeNode): void {
    this.#byName.set(node.name, node)
    this.#order.splice(this.#firstAbove(node.number), 0, node)
  }

  remove(node: TreeNode): void {
    this.#byName.delete(node.name)
    this.#order.splice(this.#firstAbove(node.number) - 1, 1)
  }

  /** The children in order; those whose number is above `number` only. */
  *after(number: number): IterableIterator<TreeNode> {
    for (let at = this.#firstAbove(number); at < this.#order.length; at += 1) {
      yield this.#order[at] as TreeNode
    }
  }

  #firstAbove(number: number): number {
    let low = 0
    let high = this.#order.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#order[middle] as TreeNode).number > number) high = middle
      else low = middle + 1
    }
    return low
  }
}
