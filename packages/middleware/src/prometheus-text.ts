import type { Metrics } from './metrics.js'
import type { OperationStats } from './operation-stats.js'

const MILLISECONDS = 1000

/** One family of samples: its header, and how the samples of one operation are written. */
interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: (stats: OperationStats, labels: string, metrics: Metrics) => string[]
}

const FAMILIES: readonly Family[] = [
  {
    name: 'fb_operations_total',
    type: 'counter',
    help: 'Operations that have ended, well or not.',
    samples: ({ count }, labels) => [sample('fb_operations_total', labels, count)],
  },
  {
    name: 'fb_operation_errors_total',
    type: 'counter',
    help: 'Operations that failed, by error.',
    samples: ({ errors }, labels) =>
      [...errors].map(([errno, count]) =>
        sample('fb_operation_errors_total', join(labels, label('errno', errno?.code ?? 'exception')), count),
      ),
  },
  {
    name: 'fb_operations_in_flight',
    type: 'gauge',
    help: 'Operations that have not ended yet.',
    samples: ({ inFlight }, labels) => [sample('fb_operations_in_flight', labels, inFlight)],
  },
  {
    name: 'fb_operation_bytes_total',
    type: 'counter',
    help: 'Bytes that were read and written.',
    samples: ({ bytes }, labels) => (bytes === 0 ? [] : [sample('fb_operation_bytes_total', labels, bytes)]),
  },
  {
    name: 'fb_operation_duration_seconds',
    type: 'histogram',
    help: 'How long operations took.',
    samples: (stats, labels, metrics) => histogram('fb_operation_duration_seconds', stats, labels, metrics),
  },
]

/**
 * Metrics in the text format of Prometheus 0.0.4 (content type `text/plain; version=0.0.4`). Give all metrics of a
 * process at once: a family may have its header only once. Tell them apart by their labels.
 */
export function prometheusText(...all: readonly Metrics[]): string {
  const lines: string[] = []
  for (const { name, type, help, samples } of FAMILIES) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
    for (const metrics of all) {
      const common = labelList(metrics.labels)
      for (const [operation, stats] of metrics.operations) {
        lines.push(...samples(stats, join(common, label('operation', operation)), metrics))
      }
    }
  }
  return `${lines.join('\n')}\n`
}

/**
 * A gauge of one's own in the same format, to go with {@link prometheusText}. `help` is one line; names of labels are such
 * as Prometheus takes.
 */
export function gaugeText(
  name: string,
  help: string,
  samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[],
): string {
  const lines = samples.map(({ labels, value }) => sample(name, labelList(labels), value))
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ''].join('\n')
}

function histogram(name: string, stats: OperationStats, labels: string, metrics: Metrics): string[] {
  const lines: string[] = []
  let total = 0
  for (const [at, count] of stats.buckets.entries()) {
    total += count
    const bound = metrics.buckets[at]
    lines.push(
      sample(
        `${name}_bucket`,
        join(labels, label('le', bound === undefined ? '+Inf' : String(bound))),
        total,
      ),
    )
  }
  lines.push(
    sample(`${name}_sum`, labels, stats.milliseconds / MILLISECONDS),
    sample(`${name}_count`, labels, total),
  )
  return lines
}

function sample(name: string, labels: string, value: number): string {
  return `${name}{${labels}} ${value}`
}

function labelList(labels: Readonly<Record<string, string>>): string {
  return join(...Object.entries(labels).map(([key, value]) => label(key, value)))
}

function join(...labels: string[]): string {
  return labels.filter((each) => each !== '').join(',')
}

function label(name: string, value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  return `${name}="${escaped}"`
}
