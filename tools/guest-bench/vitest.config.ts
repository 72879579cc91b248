import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'guest-bench', include: ['src/**/*.test.ts'], pool: 'forks' },
})
