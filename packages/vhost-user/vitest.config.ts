import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'vhost-user', include: ['src/**/*.test.ts', 'test/**/*.test.ts'], pool: 'forks' },
})
