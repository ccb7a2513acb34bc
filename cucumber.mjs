/** How cucumber-js finds the suite; TypeScript comes through NODE_OPTIONS=--import=tsx (see package.json). */
export default {
  import: ['step-definitions/{world,hooks,parameter-types}.ts', 'step-definitions/**/*.steps.ts'],
  paths: ['features/**/*.feature'],
  strict: true,
  forceExit: true,
  format: ['progress', ['message', 'reports/messages.ndjson']],
}
