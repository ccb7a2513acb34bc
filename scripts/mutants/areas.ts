/** Which features look at a file first: most mutants are noticed there, and the others need not run. */

type Area = readonly [file: RegExp, features: readonly string[]]

/** One look at all, after many situations. */
const ALL_OF_A_HUB = 'hub/as-good-as-new'

const AREAS: readonly Area[] = [
  [/reference-client\/provisioning/, ['client/provisioning']],
  [/mock-hub\/.*provisioning/, ['hub/provisioning']],
  [/mock-hub\/amqp\/events|core\/events/, ['service/events', 'service/amqp']],
  [/mock-hub\/amqp/, ['service/amqp', 'service/events']],
  [
    /mock-hub\/core\/(twins|services)/,
    ['hub/twins', 'service/twin', 'digital-twins', 'trials/hubs', ALL_OF_A_HUB],
  ],
  [
    /mock-hub\/core\/messaging/,
    ['cloud-to-device', 'service/messages', 'service/waiting', 'hub/telemetry', 'trials/hubs', ALL_OF_A_HUB],
  ],
  [
    /mock-hub\/core\/methods/,
    ['hub/methods', 'service/calls', 'service/several', 'service/waiting', ALL_OF_A_HUB],
  ],
  [/mock-hub\/core\/query/, ['service/quer', 'service/jobs', 'service/configurations']],
  [/mock-hub\/core\/jobs/, ['service/jobs', 'service/several', 'service/import-export']],
  [/mock-hub\/core\/configurations/, ['service/configurations', 'service/several', 'service/etags']],
  [
    /mock-hub\/(core\/uploads|http\/blob)|file-upload/,
    ['service/uploads', 'hub/file-upload', 'client/file-upload'],
  ],
  [
    /mock-hub\/core\/identity/,
    [
      'hub/authentication',
      'service/devices',
      'service/modules',
      'service/etags',
      'hub/registry',
      'isolation',
      ALL_OF_A_HUB,
    ],
  ],
  [
    /mock-hub\/core\/(sessions|operations)/,
    ['hub/sessions', 'hub/connections', 'hub/telemetry', ALL_OF_A_HUB],
  ],
  [
    /mock-hub\/mqtt\/codec/,
    ['hub/telemetry', 'hub/connections', 'hub/twins', 'cloud-to-device', 'trials/hubs'],
  ],
  [
    /mock-hub\/mqtt/,
    [
      'hub/sessions',
      'hub/connections',
      'hub/telemetry',
      'cloud-to-device',
      'hub/twins',
      'hub/methods',
      'service/waiting',
      ALL_OF_A_HUB,
    ],
  ],
  [/mock-hub\/http/, ['hub/registry', 'hub/service', 'edge-gateways']],
  [/mock-hub\/core/, ['hub/registry', 'service/devices', 'edge-gateways']],
  [/reference-client\/(auth|client\/token)/, ['client/auth/', 'lives/renewals', 'observed/tokens']],
  [
    /reference-client\/connection/,
    ['client/lives', 'client/observed', 'client/lifecycle', 'client/reliability'],
  ],
  [/reference-client\/http|upload|invoke/, ['client/file-upload', 'module-io/invoking', 'transport/proxy']],
  [/twin|desired/, ['client/twin', 'client/lives', 'trials/clients']],
  [/methods?\.ts/, ['client/methods', 'client/lives', 'trials/clients']],
  [
    /reference-client\/(mqtt|core\/models)/,
    ['client/telemetry', 'client/c2d', 'client/lives', 'client/transport', 'trials/clients'],
  ],
  [
    /receiver|inbox|handler|dispatcher/,
    ['client/observed/receiving', 'client/c2d', 'client/methods', 'client/twin/desired'],
  ],
  [/reference-client\/net/, ['client/transport', 'client/lifecycle']],
  [/reference-client/, ['client/lifecycle', 'client/auth/connection', 'client/lives']],
]

/** Parts of the paths of features; empty: all must look. */
export function featuresFor(file: string): readonly string[] {
  return AREAS.find(([pattern]) => pattern.test(file))?.[1] ?? []
}
