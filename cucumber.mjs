/** How cucumber-js finds the suite; TypeScript comes through NODE_OPTIONS=--import=tsx (see package.json). */
export default {
  import: ['step-definitions/index.ts'],
  strict: true,
  forceExit: true,
  format: ['progress', ['message', 'reports/messages.ndjson']],
}
