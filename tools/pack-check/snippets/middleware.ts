import { type FileSystem, makeAttr } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { Metrics, measure, prometheusText, readOnly } from '@fb/middleware'

const fs: FileSystem = {
  getattr: () => ({ attr: makeAttr({ mode: 0o040755 }), attrTimeout: 1 }),
  mkdir: () => {
    throw new Error('reached')
  },
}
const metrics = new Metrics()
const client = await FuseClient.connect(measure(readOnly(fs), metrics))
const code = await client.mkdir(1, 'sub').then(
  () => 'made',
  (error: { code?: string }) => error.code,
)
if (code !== 'EROFS' || !prometheusText(metrics).includes('operation="mkdir"'))
  throw new Error(`mkdir: ${code}`)
await client.close()
console.log('@fb/middleware works')
