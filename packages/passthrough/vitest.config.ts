import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'passthrough',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    // How long a test takes says nothing here: many make thousands of files, on whatever machine.
    testTimeout: 120_000,
  },
})
