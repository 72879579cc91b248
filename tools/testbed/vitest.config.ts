import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'testbed', include: ['src/**/*.test.ts'], pool: 'forks' },
})
