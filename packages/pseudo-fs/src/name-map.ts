interface Slot<V> {
  readonly name: Uint8Array
  value: V
  next: Slot<V> | undefined
}

/**
 * A map whose keys are names: bytes, compared byte by byte. Looking a name up allocates nothing, so that the name
 * may be a view into a request; a name that is stored is copied.
 */
export class NameMap<V> implements Iterable<[name: Uint8Array, value: V]> {
  readonly #buckets = new Map<number, Slot<V>>()
  #size = 0

  /** Number of names. */
  get size(): number {
    return this.#size
  }

  /** The value of a name, or `undefined`. */
  get(name: Uint8Array): V | undefined {
    for (let slot = this.#buckets.get(hash(name)); slot !== undefined; slot = slot.next) {
      if (equal(slot.name, name)) return slot.value
    }
    return undefined
  }

  /** Adds a name or replaces its value. */
  set(name: Uint8Array, value: V): void {
    const key = hash(name)
    const first = this.#buckets.get(key)
    for (let slot = first; slot !== undefined; slot = slot.next) {
      if (equal(slot.name, name)) {
        slot.value = value
        return
      }
    }
    this.#buckets.set(key, { name: name.slice(), value, next: first })
    this.#size += 1
  }

  /** Removes a name. False where it was not there. */
  delete(name: Uint8Array): boolean {
    const key = hash(name)
    let before: Slot<V> | undefined
    for (let slot = this.#buckets.get(key); slot !== undefined; before = slot, slot = slot.next) {
      if (!equal(slot.name, name)) continue
      if (before !== undefined) before.next = slot.next
      else if (slot.next !== undefined) this.#buckets.set(key, slot.next)
      else this.#buckets.delete(key)
      this.#size -= 1
      return true
    }
    return false
  }

  /** Names and values, in no particular order. The map must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<[name: Uint8Array, value: V]> {
    for (const first of this.#buckets.values()) {
      for (let slot: Slot<V> | undefined = first; slot !== undefined; slot = slot.next) {
        yield [slot.name, slot.value]
      }
    }
  }
}

/** FNV-1a, kept in the range of a small integer. */
function hash(name: Uint8Array): number {
  let value = 0x811c9dc5 | 0
  for (let i = 0; i < name.length; i += 1) value = Math.imul(value ^ (name[i] as number), 0x01000193)
  return value
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false
  return true
}
