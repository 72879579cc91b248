declare module 'parse-prometheus-text-format' {
  /** A family of samples of the text format 0.0.4. */
  interface Family {
    readonly name: string
    readonly help: string
    readonly type: 'COUNTER' | 'GAUGE' | 'HISTOGRAM' | 'SUMMARY' | 'UNTYPED'
    readonly metrics: readonly {
      readonly value: string
      readonly labels?: Readonly<Record<string, string>>
    }[]
  }
  /** Throws for what is not in the format. */
  // biome-ignore lint/style/noDefaultExport: this is what the module has
  export default function parsePrometheusTextFormat(text: string): Family[]
}
