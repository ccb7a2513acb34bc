import { defineConfig } from 'vitest/config'

/** The tests for the mutated files. */
export default defineConfig({
  test: { include: ['{mock-hub/core,mock-hub/mqtt,reference-client}/**/*.test.ts'] },
})
