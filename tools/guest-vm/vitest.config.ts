import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'guest-vm',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
})
