/** Who may import whom. Each rule is a sentence of ARCHITECTURE.md. */
const TEST = '\\.test\\.ts$'
/** Tests and their helpers may look anywhere below their product. */
const TESTING = [TEST, '/testing/']
/** What is published. */
const PRODUCTS = '^(mock-hub|reference-client|step-definitions)/'
const forbid = (name, from, to) => ({ name, severity: 'error', from, to })

const ADAPTERS = ['mqtt', 'amqp', 'http', 'control']
/** The hub's layers, bottom up: a folder imports what stands below it and nothing beside or above it. */
const LAYERS = {
  base: [],
  core: ['base'],
  provisioning: ['base', 'core'],
  blob: ['base', 'core'],
  store: ['base', 'core'],
  net: ['base', 'core'],
  mqtt: ['base', 'core', 'provisioning', 'net'],
  amqp: ['base', 'core', 'provisioning', 'net'],
  'http-common': ['base', 'core'],
  http: ['base', 'core', 'provisioning', 'net', 'blob', 'http-common'],
  control: ['base', 'core', 'provisioning', 'http-common'],
  host: ['base', 'core', 'provisioning', 'net', 'blob', 'store', 'http-common', ...ADAPTERS],
  cli: ['base', 'core', 'net', 'store', 'host'],
}
const layerRules = Object.entries(LAYERS).map(([layer, below]) =>
  forbid(
    `${layer}-imports-only-what-is-below`,
    { path: `^mock-hub/${layer}/`, pathNot: TESTING },
    { path: '^mock-hub/', pathNot: `^mock-hub/(${[layer, ...below].join('|')})/` },
  ),
)

module.exports = {
  forbidden: [
    forbid('no-cycles', {}, { circular: true }),
    ...layerRules,
    forbid(
      'adapters-know-only-the-contract-of-the-core',
      { path: `^mock-hub/(net|blob|store|http-common|${ADAPTERS.join('|')})/`, pathNot: TESTING },
      {
        path: '^mock-hub/(core|provisioning)/',
        pathNot: '^mock-hub/(core/(contract|errors)|provisioning/contract)/',
      },
    ),
    forbid('hub-knows-no-client', { path: '^mock-hub/' }, { path: '^(reference-client|step-definitions)/' }),
    forbid(
      'client-knows-no-hub',
      { path: '^reference-client/', pathNot: TEST },
      { path: '^(mock-hub|step-definitions)/' },
    ),
    forbid(
      'the-page-knows-only-the-control-api',
      { path: '^dashboard/src/' },
      { path: '^(mock-hub|reference-client|step-definitions|certs)/' },
    ),
    forbid(
      'steps-use-the-front-doors',
      { path: '^step-definitions/' },
      { path: '^(mock-hub|reference-client)/', pathNot: '^(mock-hub|reference-client)/index\\.ts$' },
    ),
    forbid(
      'steps-are-above-what-they-use',
      {
        path: '^step-definitions/',
        pathNot: ['^step-definitions/steps/', '^step-definitions/(index|trials/.*\\.steps)\\.ts$'],
      },
      { path: '^step-definitions/(steps/|trials/.*\\.steps\\.ts$)' },
    ),
    forbid(
      'one-driver-knows-our-client',
      { path: '^step-definitions/', pathNot: '^step-definitions/driver/reference-[a-z-]+\\.ts$' },
      { path: '^reference-client/' },
    ),
    forbid(
      'base-and-core-are-plain-node',
      { path: '^mock-hub/(base|core|provisioning)/', pathNot: TESTING },
      {
        dependencyTypes: ['npm', 'npm-dev', 'core'],
        pathNot: '^(node:)?(crypto|events)$',
      },
    ),
    forbid(
      'one-door-to-aedes',
      { path: PRODUCTS, pathNot: '^mock-hub/mqtt/' },
      { path: 'node_modules/aedes' },
    ),
    forbid('one-door-to-leveldb', { pathNot: '^mock-hub/store/' }, { path: 'node_modules/classic-level/' }),
    forbid(
      'one-door-to-fastify',
      { path: PRODUCTS, pathNot: '^mock-hub/(http|http-common|control)/' },
      { path: 'node_modules/(@fastify|fastify)/' },
    ),
    forbid(
      'one-door-to-rhea',
      { path: PRODUCTS, pathNot: ['^mock-hub/amqp/', '^step-definitions/raw-clients/', TEST] },
      { path: 'node_modules/rhea/' },
    ),
    forbid(
      'one-door-to-mqtt.js',
      {
        path: PRODUCTS,
        pathNot: ['^reference-client/mqtt/', ...TESTING],
      },
      { path: 'node_modules/mqtt/' },
    ),
    forbid(
      'shipped-code-needs-no-dev-dependency',
      { path: PRODUCTS, pathNot: TESTING },
      { dependencyTypes: ['npm-dev'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
