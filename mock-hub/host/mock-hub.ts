/** What a running hub offers to the process it runs in. `start.ts` creates one. */

import type { HubClock } from '../base/clock.ts'
import type { CloudToDevice, FeedbackRecord, ServiceQueue } from '../core/contract/c2d.ts'
import type { Faults } from '../core/contract/faults.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { Identity } from '../core/contract/identity.ts'
import type { Journal, JournalEntry } from '../core/contract/journal.ts'
import type { ModuleInputs, TelemetryStream } from '../core/contract/messaging.ts'
import type { Methods } from '../core/contract/methods.ts'
import type { SharedAccessPolicy } from '../core/contract/principal.ts'
import type { IdentityRecord, Registry } from '../core/contract/registry.ts'
import type { Settings } from '../core/contract/settings.ts'
import type { Throttle } from '../core/contract/throttle.ts'
import type { Twins } from '../core/contract/twins.ts'
import type { FileNotification } from '../core/contract/services/uploads.ts'
import type { Services } from '../core/contract/services/services.ts'
import { checked } from './checked-calls.ts'
import { MEMBER_RULES, SERVICE_RULES } from './method-rules.ts'
import type { MockProvisioning } from './provisioning/mock-provisioning.ts'
import { check, listOf, TEXT } from './value-rules.ts'

/** A running hub, as {@link startMockHub} returns it. */
export interface MockHub {
  /** Host name in connection strings. */
  readonly hostName: string
  /** Address on which the hub listens for devices and back ends. */
  readonly address: string
  /** Port of MQTT over TLS. */
  readonly mqttPort: number
  /** Port of HTTPS and WebSocket. */
  readonly httpsPort: number
  /** Port of AMQP over TLS; undefined: the hub has no AMQP. */
  readonly amqpPort: number | undefined
  /** Port of the control API; undefined: the hub has none. */
  readonly controlPort: number | undefined
  /** URL of the control API; undefined: the hub has none. */
  readonly controlUrl: string | undefined
  /** Certificates of the CAs that clients must trust, in PEM: one for EC, and one for RSA when the hub has it. */
  readonly caPem: string
  /** File of `caPem`; undefined: it is not on disk. */
  readonly caPath: string | undefined
  /** File with the roots of the system and `caPem`, for variables that replace the roots; undefined: not on disk. */
  readonly caBundlePath: string | undefined
  /** Connection string of the first policy, by default iothubowner with all rights; empty when there is no policy. */
  readonly serviceConnectionString: string
  /** Connection string for Event Hubs clients that read telemetry; undefined: no AMQP, or no policy has ServiceConnect. */
  readonly eventHubConnectionString: string | undefined
  /** Values for `IOTEDGE_WORKLOADURI`; undefined: the hub has no workload API, or there is no module that it waits for. */
  readonly workload: WorkloadUris | undefined
  /** Environment variables that point SDKs and samples at this hub. */
  readonly environment: Readonly<Record<string, string>>
  /** Settings in effect, see `docs/settings.md`. */
  readonly settings: Settings
  /** Shared access policies with their keys. */
  readonly policies: readonly SharedAccessPolicy[]
  /** Time of the hub; `advance`, `freeze`, `resume` and `setOffset` move it. */
  readonly clock: HubClock
  /** Everything that happens at the hub, and a way to wait for it. */
  readonly journal: Journal
  /** Arms, lists and disarms faults. */
  readonly faults: Faults
  /** Devices and modules. */
  readonly registry: Registry
  /** Twins of devices and modules. */
  readonly twins: Twins
  /** Invokes direct methods. */
  readonly methods: Methods
  /** Cloud-to-device messages. */
  readonly c2d: CloudToDevice
  /** Device-to-cloud messages that the hub has stored. */
  readonly telemetry: TelemetryStream
  /** Feedback on cloud-to-device messages. */
  readonly feedback: ServiceQueue<readonly FeedbackRecord[]>
  /** Notifications of finished file uploads. */
  readonly fileNotifications: ServiceQueue<FileNotification>
  /** Messages to inputs of modules. */
  readonly inputs: ModuleInputs
  /**
   * Routes of IoT Edge between modules, for example
   * `FROM /messages/modules/a/outputs/x WHERE p = '1' INTO BrokeredEndpoint("/modules/b/inputs/in1")` or
   * `FROM /messages/* INTO $upstream`. Without routes, all messages of modules go to the cloud. Assigning throws
   * RangeError for a route that cannot be parsed.
   */
  routes: readonly string[]
  /** Throttles and the meter of the daily quota. */
  readonly throttle: Throttle
  /** Queries, configurations, jobs, digital twins and snapshots. */
  readonly services: Omit<Services, 'stop'>
  /** The provisioning service beside the hub; undefined: the options ask for none. */
  readonly provisioning: MockProvisioning | undefined
  /** The newest refusals with their explanations, newest first, at most 100. */
  readonly lastRefusals: readonly Extract<JournalEntry, { type: 'refusal' }>[]
  /**
   * The connection string of a device or module.
   * @throws InvalidInput for a value that is not an identity; HubError DeviceNotFound or ModuleNotFound.
   */
  connectionString(identity: Identity): string
  /**
   * Lets the token of a device or module expire now: the hub closes its link as at the end of the grace after `se`, and
   * refuses every token that it has shown, while it accepts the next one. No clock moves.
   * @param identity - a device or module that has connected, or sent a request, with a token.
   * @throws InvalidInput for a value that is not an identity, or for one that has shown no token; HubError DeviceNotFound
   *   or ModuleNotFound.
   */
  expireToken(identity: Identity): void
  /** All identities: devices in order of creation, each followed by its modules. */
  identities(): readonly IdentityRecord[]
  /**
   * Returns to the initial state: the seed with the same keys, and nothing else: no faults, messages, events, jobs,
   * configurations, blobs, no journal and no refusals. The clock runs with the system clock again, unless the option
   * `clock` gave it. Connections of devices are closed; back ends stay connected, and event positions go on.
   */
  reset(): void
  /** Closes every port and connection. Further calls have no effect. */
  stop(): Promise<void>
  /** Where the state is kept, in a line; undefined: in memory. */
  readonly state: string | undefined
  /** Whether something that has happened waits to be stored, and what is sent after it waits too. */
  readonly storing: boolean
  /**
   * Resolves with the reason when the hub has stopped by itself, because it can no longer store its state. Without a data
   * directory that does not happen.
   */
  readonly failure: Promise<Error>
  /** Calls `stop`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Where modules reach the workload API of IoT Edge. */
export interface WorkloadUris {
  /** `unix:///path`; undefined: there is no Unix socket. */
  readonly socketUri: string | undefined
  /** `http://127.0.0.1:port`; undefined: there is no TCP port. */
  readonly httpUri: string | undefined
}

/** Members of the core that only the host and the adapters use. */
const INTERNAL = [
  ...(['clock', 'stop', 'perform', 'openSession', 'refuse', 'attachBlobStorage', 'reset'] as const),
  ...(['authentication', 'commits', 'eventPositions', 'deviceFaults', 'logger', 'expireToken'] as const),
] satisfies readonly (keyof Hub)[]

type CoreMembers = Omit<Hub, (typeof INTERNAL)[number]>
/** What a MockHub has beside the members of the core. */
export type HostMembers = Omit<MockHub, keyof CoreMembers>

const ROUTES = listOf(TEXT)

/** The services with their calls checked. */
export function checkedServices(services: Services): Services {
  const members = new Map(Object.entries(SERVICE_RULES))
  return new Proxy(services, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      const rules = typeof name === 'string' ? members.get(name) : undefined
      // A member is an object.
      return rules === undefined ? value : checked(value as object, `hub.services.${String(name)}`, rules)
    },
  })
}

/** Makes a MockHub of the core and the host's own members: it forwards every other member of the core. */
export function mockHubOf(core: Hub, host: HostMembers): MockHub {
  const descriptors = Object.getOwnPropertyDescriptors(host)
  return Object.defineProperties(forwarded(core), descriptors) as CoreMembers & HostMembers // it has both by now
}

function forwarded(core: Hub): CoreMembers {
  const members: object = {}
  const rules = new Map(Object.entries(MEMBER_RULES))
  for (const name of memberNames(core)) {
    const methods = rules.get(name)
    // Members with methods are the same objects for the life of the core.
    const member =
      methods === undefined ? undefined : checked(Reflect.get(core, name) as object, `hub.${name}`, methods)
    Object.defineProperty(members, name, {
      enumerable: true,
      configurable: true,
      get: () => member ?? core[name],
      set: (value) => {
        if (name === 'routes') check(ROUTES, value, 'hub', 'routes')
        return Reflect.set(core, name, value)
      },
    })
  }
  return members as CoreMembers // a member of the core each
}

/** Fields and accessors of the core; methods stand in {@link INTERNAL}. */
function memberNames(core: Hub): readonly (keyof CoreMembers)[] {
  const prototype = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(core) as object)
  const accessors = Object.entries(prototype).filter(([, descriptor]) => 'get' in descriptor)
  const internal: ReadonlySet<string> = new Set(INTERNAL)
  // The core implements Hub and has no other public member.
  return [...Object.keys(core), ...accessors.map(([name]) => name)].filter(
    (name): name is keyof CoreMembers => !internal.has(name),
  )
}
