import { serveTree } from './serve-tree.js'

await serveTree()
