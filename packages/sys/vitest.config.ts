import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'sys',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    // Nothing here waits on purpose; a machine under load, or AddressSanitizer, takes its time.
    testTimeout: 60_000,
  },
})
