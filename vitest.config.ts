import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{mock-hub,reference-client,step-definitions,certs,scripts}/**/*.test.ts'],
    // No test changes a module's state, so files may share one: a fork per file costs more than the tests.
    isolate: false,
    // A limit for what hangs, far above what anything takes on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: '100%',
    reporters: ['default', ['json', { outputFile: 'reports/vitest.json' }]],
    coverage: { provider: 'v8', include: ['mock-hub/**', 'reference-client/**', 'step-definitions/**'] },
  },
})
