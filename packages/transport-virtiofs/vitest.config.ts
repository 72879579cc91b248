import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'transport-virtiofs', include: ['src/**/*.test.ts', 'test/**/*.test.ts'], pool: 'forks' },
})
