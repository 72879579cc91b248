import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'xfstests', include: ['src/**/*.test.ts'], pool: 'forks' },
})
