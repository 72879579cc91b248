import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'run', include: ['lib/*.test.ts'], pool: 'forks' },
})
