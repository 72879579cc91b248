import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'pseudo-fs', include: ['src/**/*.test.ts', 'test/**/*.test.ts'], pool: 'forks' },
})
