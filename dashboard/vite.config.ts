/** Builds the page into `dist/`: `index.html`, and `assets/` with names that change with their content. */

import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the page also works behind a proxy that gives it a folder.
  base: './',
  build: { outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  // The control API of a hub that runs, for `npm run dev --workspace dashboard`.
  server: {
    proxy: Object.fromEntries(
      [
        ...['about', 'status', 'devices', 'query', 'journal', 'telemetry', 'faults', 'fault-types'],
        ...['clock', 'explain', 'meter', 'openapi.json', 'reset'],
        ...['links', 'enrollments', 'enrollment-groups', 'registrations', 'linked-hubs', 'certificates'],
      ].map((path) => [`/${path}`, 'http://127.0.0.1:9443']),
    ),
  },
})
