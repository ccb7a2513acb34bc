import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  // As in tsconfig.json: tests run the sources of the other packages, not what they were last built to.
  resolve: {
    alias: {
      'mock-iot-hub-client': source('reference-client/index.ts'),
      'mock-iot-hub': source('mock-hub/index.ts'),
    },
  },
  test: {
    include: ['{mock-hub,reference-client,step-definitions,certs,scripts,lint-rules,dashboard}/**/*.test.ts'],
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
