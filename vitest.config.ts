import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{mock-hub,reference-client,step-definitions,certs,scripts}/**/*.test.ts'],
    reporters: ['default', ['json', { outputFile: 'reports/vitest.json' }]],
    coverage: { provider: 'v8', include: ['mock-hub/**', 'reference-client/**', 'step-definitions/**'] },
  },
})
