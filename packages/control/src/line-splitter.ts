const NEWLINE = 0x0a

/** Cuts a stream of bytes into lines, and never keeps more than one line of the greatest length. */
export class LineSplitter {
  readonly #most: number
  #parts: Uint8Array[] = []
  #length = 0

  /** @param most bytes of a line, without its end */
  constructor(most: number) {
    this.#most = most
  }

  /** Takes bytes and gives the lines that end in them; `undefined` stands for one that was too long, which is dropped. */
  push(bytes: Uint8Array): (string | undefined)[] {
    const lines: (string | undefined)[] = []
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#keep(bytes.subarray(start, end))
      lines.push(this.#take())
      start = end + 1
    }
    this.#keep(bytes.subarray(start))
    return lines
  }

  /** What follows the last end of a line, as a line; nothing where nothing does. */
  end(): (string | undefined)[] {
    return this.#length === 0 ? [] : [this.#take()]
  }

  #keep(bytes: Uint8Array): void {
    this.#length += bytes.length
    if (this.#length > this.#most) this.#parts = []
    else if (bytes.length > 0) this.#parts.push(bytes)
  }

  #take(): string | undefined {
    const line = this.#length > this.#most ? undefined : Buffer.concat(this.#parts).toString('utf8')
    this.#parts = []
    this.#length = 0
    return line
  }
}
