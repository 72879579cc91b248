import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'stress', include: ['src/**/*.test.ts', 'test/**/*.test.ts'], pool: 'forks' },
})
