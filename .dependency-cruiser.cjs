/** Who may import whom. Each rule is a sentence of ARCHITECTURE.md. */
const TEST = '\\.test\\.ts$'
const forbid = (name, from, to) => ({ name, severity: 'error', from, to })

module.exports = {
  forbidden: [
    forbid('no-cycles', {}, { circular: true }),
    forbid('hub-knows-no-client', { path: '^mock-hub/' }, { path: '^(reference-client|step-definitions)/' }),
    forbid(
      'client-knows-no-hub',
      { path: '^reference-client/', pathNot: TEST },
      { path: '^(mock-hub|step-definitions)/' },
    ),
    forbid(
      'steps-use-the-front-doors',
      { path: '^step-definitions/' },
      { path: '^(mock-hub|reference-client)/', pathNot: '^(mock-hub|reference-client)/index\\.ts$' },
    ),
    forbid(
      'one-driver-knows-our-client',
      { path: '^step-definitions/', pathNot: '^step-definitions/driver/reference-[a-z-]+\\.ts$' },
      { path: '^reference-client/' },
    ),
    forbid('core-knows-no-border', { path: '^mock-hub/core/' }, { path: ['^mock-hub/(?!core/)'] }),
    forbid(
      'core-is-plain-node',
      { path: '^mock-hub/core/', pathNot: TEST },
      {
        dependencyTypes: ['npm', 'npm-dev', 'core'],
        pathNot: '^(node:)?(crypto|events)$|node_modules/(peggy|source-map-generator)/',
      },
    ),
    forbid(
      'mqtt-knows-no-http',
      { path: '^mock-hub/mqtt/' },
      { path: '^mock-hub/(http|control|blob|amqp)/' },
    ),
    forbid(
      'http-knows-no-mqtt',
      { path: '^mock-hub/(http|control|blob)/' },
      { path: '^mock-hub/(mqtt|amqp)/' },
    ),
    forbid('one-door-to-aedes', { pathNot: ['^mock-hub/mqtt/', '^bench/'] }, { path: 'node_modules/aedes' }),
    forbid(
      'one-door-to-fastify',
      { pathNot: '^mock-hub/(http|control|blob)/' },
      { path: 'node_modules/(@fastify|fastify)/' },
    ),
    forbid('one-door-to-rhea', { pathNot: ['^mock-hub/amqp/', TEST] }, { path: 'node_modules/rhea/' }),
    forbid(
      'one-door-to-mqtt.js',
      { path: '^(mock-hub|reference-client|step-definitions)/', pathNot: ['^reference-client/mqtt/', TEST] },
      { path: 'node_modules/mqtt/' },
    ),
    forbid(
      'shipped-code-needs-no-dev-dependency',
      { path: '^(mock-hub|reference-client|step-definitions)/', pathNot: [TEST, '/testing/'] },
      { dependencyTypes: ['npm-dev'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
