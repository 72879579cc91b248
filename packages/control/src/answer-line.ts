import { ControlError, toControlError } from './control-error.js'
import {
  type ControlRequest,
  type ControlResults,
  controlRequest,
  QUIESCE_HOLD,
  QUIESCE_TIMEOUT,
} from './control-protocol.js'
import type { ControlTarget } from './control-target.js'

type Result = ControlResults[ControlRequest['command']]

/** Does what a line asks for. The answer, as a line without its end; never rejects. */
export async function answerLine(line: string, target: ControlTarget): Promise<string> {
  let id: unknown
  try {
    const value = parse(line)
    id = idOf(value)
    const request = controlRequest.safeParse(value)
    if (!request.success) throw request.error
    return JSON.stringify({ id, ok: true, result: await obey(request.data, target) })
  } catch (error) {
    return refusal(toControlError(error), id)
  }
}

/** The line that says that something was not done. */
export function refusal({ code, message }: ControlError, id?: unknown): string {
  return JSON.stringify({ id, ok: false, error: { code, message } })
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw new ControlError('EINVAL', `not a line of JSON: ${(error as Error).message}`)
  }
}

/** The id of a request that may be wrong otherwise. */
function idOf(value: unknown): string | number | null | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { id } = value as { id?: unknown }
  return typeof id === 'string' || typeof id === 'number' ? id : undefined
}

async function obey(request: ControlRequest, target: ControlTarget): Promise<Result> {
  switch (request.command) {
    case 'status':
      return target.status()
    case 'list':
      return { mounts: target.list() }
    case 'mount': {
      const { mount, replace = false, lazy = false } = request
      if (lazy && !replace) throw new ControlError('EINVAL', 'lazy: only together with replace')
      return target.mount(mount, { replace, lazy })
    }
    case 'umount':
      return target.umount(request.path, { lazy: request.lazy ?? false })
    case 'move':
      return target.move(request.from, request.to)
    case 'log-level':
      target.setLogLevel(request.level)
      return { level: request.level }
    case 'stats':
      return request.format === 'prometheus' ? { text: target.prometheus() } : target.stats()
    case 'quiesce': {
      const { timeout = QUIESCE_TIMEOUT, hold = QUIESCE_HOLD } = request
      return { held: await target.quiesce({ timeout, hold }), resumesIn: hold }
    }
    case 'resume':
      return { released: target.resume() }
  }
}
