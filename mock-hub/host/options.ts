/** What `startMockHub` can be told, and the one table of its defaults. */

import type { HubClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { SharedAccessPolicy } from '../core/contract/principal.ts'
import { LENIENCIES, STRICT, type Settings } from '../core/contract/settings.ts'
import type { Seed } from './seed.ts'

export interface MockHubOptions {
  /** Host name in connection strings, user names and token scopes. @default 'localhost' */
  readonly hostName?: string | undefined
  /** Further names: in the server certificate, and accepted in user names and scopes. @default none */
  readonly hostnames?: readonly string[] | undefined
  /** Address that devices and back ends reach the hub at. @default '127.0.0.1' */
  readonly address?: string | undefined
  /** MQTT over TLS; 0: any free port. @default 0 */
  readonly mqttPort?: number | undefined
  /** HTTPS and WebSocket; 0: any free port. @default 0 */
  readonly httpsPort?: number | undefined
  /** AMQP over TLS; 0: any free port; false: no AMQP, not over WebSocket either. @default 0 */
  readonly amqpPort?: number | false | undefined
  /** The control listener, on loopback unless `controlAddress` says otherwise; 0: any free port; false: none. @default 0 */
  readonly controlPort?: number | false | undefined
  /** @default '127.0.0.1' */
  readonly controlAddress?: string | undefined
  /** Bearer token that callers of the control listener must show; needed when `controlAddress` is not loopback. */
  readonly controlToken?: string | undefined
  /** Keeps the CA and the server certificate here; left out: made once a process and forgotten with it. */
  readonly certificateDirectory?: string | undefined
  /** Roots that certificateAuthority devices may chain to, PEM. @default none */
  readonly trustedAuthorities?: readonly string[] | undefined
  /** Devices, modules, twins and routes that the hub starts with, and comes back to at `reset`. */
  readonly seed?: Seed | undefined
  /** Where uploaded files go: the hub itself, Azurite (must be installed), a storage account, or nowhere. @default 'own' */
  readonly blob?: 'own' | 'azurite' | { readonly connectionString: string } | false | undefined
  /** The workload API of IoT Edge. @default none */
  readonly workload?:
    { readonly socketPath?: string | undefined; readonly port?: number | undefined } | undefined
  /** Event Hubs-compatible endpoint: 1 to 32. @default 4 */
  readonly partitions?: number | undefined
  /** Time. @default a clock that runs with the system's and can be wound */
  readonly clock?: HubClock | undefined
  /** Told of refusals and the like, a line each. @default silent */
  readonly logger?: Logger | undefined
  /** Settings that differ from the strict defaults. */
  readonly settings?: Partial<Omit<Settings, 'hostName' | 'aliases'>> | undefined
  /** All leniencies of the hub at once, see `docs/settings.md`. @default false */
  readonly lenient?: boolean | undefined
  /** @default iothubowner, service, device, registryRead and registryReadWrite with random keys */
  readonly policies?: readonly SharedAccessPolicy[] | undefined
  /**
   * Gives the keys of seeded identities that bring none, base64, so that connection strings survive a restart.
   * @default random keys
   */
  readonly keyOf?: ((purpose: string) => string) | undefined
}

const PORTS = ['mqttPort', 'httpsPort', 'amqpPort', 'controlPort'] as const
const KNOWN: readonly string[] = [
  ...['hostName', 'hostnames', 'address', ...PORTS, 'controlAddress', 'controlToken', 'certificateDirectory'],
  ...[
    'trustedAuthorities',
    'seed',
    'blob',
    'workload',
    'partitions',
    'clock',
    'logger',
    'settings',
    'lenient',
  ],
  ...['policies', 'keyOf'],
]
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/

/** @throws TypeError for an unknown option, RangeError for a value out of its bounds; both name it and what was given. */
export function checkOptions(options: MockHubOptions): void {
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name))
      throw new TypeError(`startMockHub: there is no option ${name}; there are ${KNOWN.join(', ')}`)
  }
  for (const name of PORTS) {
    const port = options[name]
    if (port === undefined || port === false) continue
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new RangeError(`${name}: must be a whole number from 0 to 65535, got ${String(port)}`)
  }
  const { partitions = 4, controlAddress = '127.0.0.1', controlToken, settings = {} } = options
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 32)
    throw new RangeError(`partitions: must be a whole number from 1 to 32, got ${String(partitions)}`)
  if (!LOOPBACK.test(controlAddress) && controlToken === undefined)
    throw new RangeError(
      `controlAddress: beyond loopback the control listener needs a controlToken, got the address ${controlAddress}`,
    )
  for (const name of Object.keys(settings)) {
    if (!(name in STRICT) || name === 'hostName' || name === 'aliases')
      throw new TypeError(
        `settings: there is no setting ${name}; there are ${Object.keys(STRICT).slice(2).join(', ')}`,
      )
  }
}

/** The core's settings as these options mean them; leniencies give way to what is said by name. */
export function settingsOf(options: MockHubOptions, names: readonly string[]): Partial<Settings> {
  const hostName = options.hostName ?? STRICT.hostName
  return {
    ...(options.lenient === true ? LENIENCIES : {}),
    ...options.settings,
    hostName,
    aliases: names.filter((name) => name !== hostName),
  }
}
