import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'transport-fusedev',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    // Processes are started and mounts awaited, on machines that may be busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
