/** The tests in the browser; `npm run test:dashboard` runs them. */

import { defineConfig } from 'vitest/config'
import root from '../../vitest.config.ts'

export default defineConfig({
  resolve: root.resolve ?? {},
  test: {
    include: ['dashboard/e2e/*.e2e.ts'],
    // One browser for all; each file has hubs of its own.
    isolate: false,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', ['json', { outputFile: 'reports/dashboard.json' }]],
  },
})
