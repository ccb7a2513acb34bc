import { defineConfig } from 'vitest/config'

/** The tests that are near what is mutated. */
export default defineConfig({
  test: { include: ['{mock-hub/core,mock-hub/mqtt,reference-client}/**/*.test.ts'] },
})
