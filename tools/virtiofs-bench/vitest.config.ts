import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'virtiofs-bench', include: ['src/**/*.test.ts'], pool: 'forks' },
})
