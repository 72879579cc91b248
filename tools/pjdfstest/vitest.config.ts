import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'pjdfstest', include: ['src/**/*.test.ts'], pool: 'forks' },
})
