import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'programs-check',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
