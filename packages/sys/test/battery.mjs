// Calls every function of the addon with wrong arguments of every kind and reports what it answered.
//
// The signatures are those of src/bindings.ts and src/guest-bindings.ts. Each argument in turn is wrong while the others are right, so that
// every check is reached. Run in a process of its own, in an empty directory: a crash must be seen as one.
//
//   node battery.mjs <package directory>
import { readFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const root = process.argv[2]
const native = createRequire(join(root, 'package.json'))('node-gyp-build')(root)

// A descriptor that is not open: no call can do harm through it.
const CLOSED = 1_000_000

function detached(Type, length) {
  const view = new Type(length)
  structuredClone(view.buffer, { transfer: [view.buffer] })
  return view
}

function signatures() {
  const interfaces = { 'bindings.ts': 'interface Bindings', 'guest-bindings.ts': 'interface GuestBindings' }
  const body = Object.entries(interfaces)
    .map(([file, start]) => {
      const text = readFileSync(join(root, 'src', file), 'utf8')
      return text.slice(text.indexOf(start))
    })
    .join('\n')
  return [...body.matchAll(/^ {2}(\w+)\(([^)]*(?:\([^)]*\)[^)]*)?)\): ([^\n]+)$/gm)].map(
    ([, name, parameters]) => ({
      name,
      parameters: [...parameters.matchAll(/(\w+)(\??): ((?:\([^)]*\) => \w+|[^,])+)/g)].map(
        ([, parameter, optional, type]) => ({ parameter, optional: optional === '?', type: type.trim() }),
      ),
    }),
  )
}

const isDescriptor = (parameter) => /fd$|^fd|^socket$/i.test(parameter)

// Arguments with which the call gets through to the kernel and does nothing there.
function right(name, { parameter, type }) {
  switch (type) {
    case 'PathLike':
      return 'missing/file'
    case 'Uint8Array':
      return new Uint8Array(256)
    case 'Uint8Array | undefined':
      return new Uint8Array(64)
    case 'Int32Array':
      return Int32Array.of(-1, 0, 0)
    case 'BigInt64Array':
      return new BigInt64Array(4)
    case 'Creds':
      return Uint32Array.of(1000, 1000, 0, 0, 1, 1000)
    case 'boolean':
      return true
    case 'number | bigint':
      return 0n
    case '(events: number) => void':
      return () => {}
    case 'Float64Array':
      return new Float64Array(6)
    case 'ArrayBuffer': {
      const fd = native.memfdCreate('region', 0)
      native.ftruncate(fd, 4096)
      const region = native.mapGuestRegion(fd, 4096, 0)
      native.close(fd)
      return region
    }
    case 'NativeWatcher': {
      const fd = native.eventfd(0, 0)
      const watcher = native.watchFd(fd, 1, () => {})
      native.unwatch(watcher)
      return watcher
    }
    case 'number':
      break
    default:
      throw new Error(`${name}: the battery knows no argument of type ${type}`)
  }
  if (isDescriptor(parameter)) return CLOSED
  if (['alignment', 'tid', 'size', 'n'].includes(parameter)) return 1
  if (parameter === 'handleLength') return 16
  if (parameter === 'events') return 1
  if (name === 'umask') return 0o022
  return 0
}

const isNumber = (type) => type === 'number' || type === 'number | bigint'

// Values of a wrong type: each must throw.
function wrongTypes({ optional, type }) {
  const all = [
    ['null', null],
    ['string', 'text'],
    ['empty string', ''],
    ['number', 1],
    ['bigint', 1n],
    ['boolean', true],
    ['symbol', Symbol('s')],
    ['object', {}],
    [
      'hostile object',
      { valueOf: () => process.abort(), length: 8, [Symbol.toPrimitive]: () => process.abort() },
    ],
    ['array', [1, 2, 3]],
    ['function', () => {}],
    ['proxy', new Proxy(new Uint8Array(8), {})],
    ['ArrayBuffer', new ArrayBuffer(8)],
    ['DataView', new DataView(new ArrayBuffer(256))],
    ['Uint8Array', new Uint8Array(256)],
    ['Uint8ClampedArray', new Uint8ClampedArray(256)],
    ['Int8Array', new Int8Array(256)],
    ['Uint16Array', new Uint16Array(256)],
    ['Int32Array', new Int32Array(256)],
    ['Uint32Array', new Uint32Array(256)],
    ['Float64Array', new Float64Array(256)],
    ['BigInt64Array', new BigInt64Array(256)],
    ['BigUint64Array', new BigUint64Array(256)],
    ['detached Uint8Array', detached(Uint8Array, 256)],
    ['detached Int32Array', detached(Int32Array, 256)],
    ['detached Uint32Array', detached(Uint32Array, 256)],
    ['detached BigInt64Array', detached(BigInt64Array, 256)],
    ['date', new Date(0)],
    ['revoked proxy', revoked()],
  ]
  if (!optional && type !== 'Uint8Array | undefined') all.push(['undefined', undefined])
  const accepted = {
    number: ['number'],
    'number | bigint': ['number', 'bigint'],
    boolean: ['boolean'],
    PathLike: ['string', 'empty string', 'Uint8Array'],
    Uint8Array: ['Uint8Array'],
    'Uint8Array | undefined': ['Uint8Array'],
    Int32Array: ['Int32Array'],
    BigInt64Array: ['BigInt64Array'],
    Creds: ['Uint32Array'],
    '(events: number) => void': ['function'],
    Float64Array: ['Float64Array'],
    ArrayBuffer: [],
    NativeWatcher: [],
  }[type]
  return all.filter(([label]) => !accepted.includes(label))
}

function revoked() {
  const { proxy, revoke } = Proxy.revocable(new Uint8Array(8), {})
  revoke()
  return proxy
}

// Numbers that no parameter accepts.
const IMPOSSIBLE = [Number.NaN, Infinity, -Infinity, 0.5, -0.5, 2 ** 53, -(2 ** 53), 1e300, -1e300]
const IMPOSSIBLE_BIGINTS = [2n ** 64n, -(2n ** 63n) - 1n, 2n ** 200n]
// Values of the right type that may or may not be accepted; nothing may crash on them.
function odd({ parameter, type }) {
  const large = [4096, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 1 - 2 ** 53, -1, -100]
  // Small descriptors are those of this process.
  const numbers = isDescriptor(parameter) ? large : [-0, 1, ...large]
  switch (type) {
    case 'number':
      // Neither a long wait nor the end of this process is a wrong argument.
      if (parameter === 'status') return [-1, 256]
      return parameter === 'timeoutMs' ? [-2, 2 ** 31] : numbers
    case 'number | bigint':
      return [...numbers, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n]
    case 'PathLike':
      return [
        '',
        '\0',
        'a\0b',
        '\ud800',
        'x'.repeat(4095),
        'x'.repeat(4096),
        '\u20ac'.repeat(4096),
        'x'.repeat(1 << 20),
        new Uint8Array(0),
        new Uint8Array(1),
        new Uint8Array(4096).fill(120),
        new Uint8Array(1 << 20).fill(120),
        new Uint8Array(new SharedArrayBuffer(16)),
        Buffer.from('short').subarray(5),
      ]
    case 'Uint8Array':
    case 'Uint8Array | undefined':
      return [
        ...[0, 1, 7, 8, 119, 120, 255, 256, 257, 1 << 20].map((length) => new Uint8Array(length)),
        new Uint8Array(300).subarray(44),
        new Uint8Array(new SharedArrayBuffer(256)),
        new Uint8Array(new ArrayBuffer(256, { maxByteLength: 512 })),
      ]
    case 'Int32Array':
      return [0, 1, 2, 3, 4, 3072, 1 << 16].map((length) => new Int32Array(length).fill(-1))
    case 'BigInt64Array':
      return [0, 3, 4, 5].map((length) => new BigInt64Array(length))
    case 'Float64Array':
      return [0, 1, 3, 6, 300].flatMap((length) =>
        [0, 1, -1, Number.NaN, Infinity, 0.5, 2 ** 53, 16384, 1e300].map((fill) =>
          new Float64Array(length).fill(fill),
        ),
      )
    case 'Creds':
      return [0, 1, 4, 5, 6, 69, 70, 1000].flatMap((length) =>
        [0, 1, 2, 64, 65, 0xffff_ffff].map((fill) => new Uint32Array(length).fill(fill)),
      )
    default:
      return []
  }
}

let calls = 0
const problems = []
const promises = []

function attempt(name, args, mustThrow, what) {
  calls++
  let result
  try {
    result = native[name](...args)
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError))
      problems.push(`${name}: ${what}: threw ${error}`)
    if (!/^ERR_(INVALID_ARG_TYPE|OUT_OF_RANGE)$/.test(error.code))
      problems.push(`${name}: ${what}: code ${error.code}`)
    return
  }
  if (mustThrow) problems.push(`${name}: ${what}: returned ${String(result)}`)
  else if (result instanceof Promise) promises.push(result.then((value) => checkNumber(name, what, value)))
  else if (typeof result === 'object' && name === 'watchFd') native.unwatch(result)
  else if (result !== undefined) checkNumber(name, what, result)
  if (typeof result === 'number' && result >= 0 && /^(eventfd|memfdCreate)$/.test(name)) native.close(result)
  if (result === 0 && /^(pipe2|socketpair)$/.test(name))
    for (const fd of args[0].subarray(0, 2)) native.close(fd)
}

function checkNumber(name, what, value) {
  const fits = typeof value === 'bigint' ? value >= -4095n : Number.isSafeInteger(value) && value >= -4095
  if (!fits) problems.push(`${name}: ${what}: answered ${String(value)}`)
}

const all = signatures()
for (const { name, parameters } of all) {
  // What ran last, should this process not live to tell.
  writeSync(2, `${name}\n`)
  const base = () => parameters.map((parameter) => right(name, parameter))
  // One ends the process where it is right.
  if (name !== 'exitNow') {
    attempt(name, base(), false, 'right arguments')
    attempt(name, [...base(), 1, {}, 'more'], false, 'more arguments')
  }
  for (let count = 0; count < parameters.length; count++) {
    if (parameters[count].optional) break
    const mayBeLeftOut = parameters[count].type === 'Uint8Array | undefined'
    attempt(name, base().slice(0, count), !mayBeLeftOut, `${count} arguments`)
  }
  parameters.forEach((parameter, i) => {
    const one = (value, mustThrow, label) => {
      const args = base()
      args[i] = value
      attempt(name, args, mustThrow, `${parameter.parameter} = ${label}`)
    }
    for (const [label, value] of wrongTypes(parameter)) one(value, true, label)
    if (isNumber(parameter.type)) for (const value of IMPOSSIBLE) one(value, true, String(value))
    if (parameter.type === 'number | bigint')
      for (const value of IMPOSSIBLE_BIGINTS) one(value, true, `${value}n`)
    for (const value of odd(parameter)) one(value, false, `odd ${typeof value}`)
    // A slice that reaches outside the buffer before it.
    if (/^length/.test(parameter.parameter) && parameters[i - 2]?.type === 'Uint8Array') {
      for (const [offset, length] of [
        [0, 257],
        [256, 1],
        [257, 0],
        [1, 256],
        [2 ** 53 - 1, 2 ** 53 - 1],
        [1, 2 ** 53 - 1],
        [2 ** 32, 2 ** 32],
      ]) {
        const args = base()
        args[i - 1] = offset
        args[i] = length
        attempt(name, args, true, `slice ${offset} + ${length}`)
      }
      const args = base()
      args[i - 1] = 256
      attempt(name, args, false, 'empty slice at the end')
    }
  })
}
await Promise.all(promises)
process.stdout.write(JSON.stringify({ functions: all.map(({ name }) => name), calls, problems }))
