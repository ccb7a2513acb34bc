/** Checks the options of `startMockHub` and fills in their defaults. */

import { isIPv4 } from 'node:net'
import { InvalidInput } from '../base/invalid-input.ts'
import { LENIENCIES, type Settings } from '../core/contract/settings.ts'
import { isLoopback } from '../http-common/loopback.ts'
import { OPTIONS } from './option-rules.ts'
import type { SdkPorts } from './sdk-ports.ts'
import type { MockHubOptions } from './options.ts'
import { provisioningFields } from './provisioning/seed-enrollments.ts'
import { isSnapshot, seedPart } from './seed/snapshot-seed.ts'
import { check, OBJECT, objectOf } from './value-rules.ts'

type Table = typeof OPTIONS
/** Names of the options that have a default value. */
type Defaulted = { [K in keyof Table]: Table[K] extends { default: unknown } ? K : never }[keyof Table]

/** Options with their defaults filled in. */
export type ResolvedOptions = Omit<MockHubOptions, Defaulted | 'hostName'> & {
  readonly [K in Defaulted | 'hostName']: NonNullable<MockHubOptions[K]>
}

const WHAT = 'startMockHub'
const ALL_OPTIONS = objectOf(
  Object.fromEntries(Object.entries(OPTIONS).map(([name, { rule }]) => [name, rule])),
)
const DEFAULTS = Object.entries(OPTIONS).flatMap(([name, row]) =>
  'default' in row ? [[name, row.default] as const] : [],
)

/**
 * Checks the options and fills in the defaults.
 * @throws InvalidInput with the first invalid option: its name, the rule and the given value.
 */
export function resolveOptions(options: MockHubOptions): ResolvedOptions {
  check(OBJECT, options, WHAT, 'options')
  check(ALL_OPTIONS, options, WHAT, '')
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const filled = Object.fromEntries([...DEFAULTS, ...given]) as Omit<ResolvedOptions, 'hostName'> // every default
  const { seed, address } = filled
  const hostName = options.hostName ?? (isSnapshot(seed) ? seed.hostName : hostNameAt(address))
  const resolved = { ...filled, hostName }
  const { controlAddress, controlToken } = resolved
  if (resolved.parallel && options.address !== undefined)
    throw new InvalidInput(WHAT, 'address', 'to be left out with parallel', options.address)
  if (!isLoopback(controlAddress) && controlToken === undefined)
    throw new InvalidInput(
      WHAT,
      'controlAddress',
      'to be loopback when there is no controlToken',
      controlAddress,
    )
  const [field] = isSnapshot(seed) ? [] : provisioningFields(seed)
  if (field !== undefined && !resolved.provisioning)
    throw new InvalidInput(WHAT, `seed.${field}`, 'to be left out without a provisioning service', 'a list')
  return resolved
}

/** Every SDK accepts an IPv4 address; those for Java and C refuse a host name without a dot, and so `localhost`. */
function hostNameAt(address: string): string {
  if (address === '::1') return 'localhost'
  return isIPv4(address) && address !== '0.0.0.0' ? address : '127.0.0.1'
}

/** The same options for another address. */
export function resolvedAt(
  address: string,
  resolved: ResolvedOptions,
  { hostName, mqttPort, httpsPort, amqpPort }: MockHubOptions,
  ports: SdkPorts,
): ResolvedOptions {
  return {
    ...resolved,
    address,
    hostName: hostName ?? hostNameAt(address),
    mqttPort: mqttPort ?? ports.mqtt,
    httpsPort: httpsPort ?? ports.https,
    amqpPort: amqpPort ?? ports.amqp,
  }
}

/** The settings that the options ask for; a setting given by name wins over a leniency. */
export function settingsOf(options: ResolvedOptions, names: readonly string[]): Partial<Settings> {
  const { hostName, lenient, settings } = options
  const { eventSources } = seedPart(options.seed)
  return {
    ...(lenient ? LENIENCIES : {}),
    ...(eventSources === undefined ? {} : { eventSources }),
    // A setting that is undefined keeps its default.
    ...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
    hostName,
    aliases: names.filter((name) => name !== hostName),
  }
}
