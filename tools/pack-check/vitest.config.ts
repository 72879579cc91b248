import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'pack-check',
    include: ['src/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
})
