import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'fusedev-daemon', include: ['src/**/*.test.ts', 'test/**/*.test.ts'], pool: 'forks' },
})
