/** Builds the core of a hub and connects its parts. */

import { HubAuthentication } from './identity/authentication.ts'
import { HubCloudToDevice } from './messaging/c2d.ts'
import { HubClock, type Clock } from '../base/clock.ts'
import { InvalidInput } from '../base/invalid-input.ts'
import { hidingSecrets, type Logger } from '../base/logger.ts'
import type { FeedbackRecord } from './contract/c2d.ts'
import { noStore, type Commits } from './contract/store/commits.ts'
import type { Hub } from './contract/hub.ts'
import type { Caller, OperationKind, Operations } from './contract/operations.ts'
import type { SharedAccessPolicy } from './contract/principal.ts'
import type { DeviceLink, Session } from './contract/sessions.ts'
import type { BlobStorage, FileNotification } from './contract/services/uploads.ts'
import type { HubError } from './errors/hub-error.ts'
import { DeviceOrderedFaults } from './faults/device-ordered-faults.ts'
import { HubFaults } from './faults/faults.ts'
import { Feedback } from './messaging/feedback.ts'
import { FileUploads } from './uploads/file-upload.ts'
import { OperationDispatcher } from './operations/operation-dispatcher.ts'
import { identityKey, type Identity } from './contract/identity.ts'
import { HubJournal } from './journal/journal.ts'
import { HubMethods } from './methods/methods.ts'
import { ModuleRouting } from './messaging/module-routing.ts'
import { defaultPolicies } from './identity/policies.ts'
import { randomFrom, type Random } from '../base/random.ts'
import { Refusals } from './journal/recent-refusals.ts'
import { IdentityRegistry } from './identity/registry.ts'
import { PeekLockQueue, type QueueLimits } from './messaging/peek-lock-queue.ts'
import { Sessions } from './sessions/sessions.ts'
import { STRICT, type Settings } from './contract/settings.ts'
import { HubTelemetry } from './messaging/telemetry.ts'
import { TierThrottle } from './throttling/throttle.ts'
import { HubTwins } from './twins/twins.ts'
import { CertificateAuthorities } from './identity/x509.ts'

export interface HubOptions {
  /** Settings that differ from the strict defaults. A seed makes keys, tokens and ids repeatable. */
  readonly settings?: Partial<Settings> | undefined
  /** @default a running {@link HubClock}, which stops with the hub. The hub does not stop a clock that it is given. */
  readonly clock?: Clock | undefined
  /** @default silent */
  readonly logger?: Logger | undefined
  /** @default iothubowner, service, device, registryRead and registryReadWrite, each with its own keys */
  readonly policies?: readonly SharedAccessPolicy[] | undefined
  /** Storage for uploads; it may be attached later. */
  readonly blobStorage?: BlobStorage | undefined
  /** Routes between modules; see {@link Hub.routes}. */
  readonly routes?: readonly string[] | undefined
  /** What is told of changes. Default: nobody. */
  readonly commits?: Commits | undefined
  /** How often the stored state was started before; the random values of each start differ. Default: 0. */
  readonly starts?: number | undefined
}

/** A lock of a minute, an hour to live; 10 deliveries are the service's default, 100 its maximum. */
const FEEDBACK_LIMITS: Omit<QueueLimits, 'lockTimeoutsCount'> = {
  lockSeconds: 60,
  maxDeliveryCount: 10,
  ttlSeconds: 3_600,
  depth: 10_000,
}
const NOTIFICATION_LIMITS: Omit<QueueLimits, 'lockTimeoutsCount'> = {
  ...FEEDBACK_LIMITS,
  maxDeliveryCount: 100,
}

const SILENT: Logger = { info: () => undefined, warn: () => undefined }

/**
 * Makes a hub without listeners: adapters bring devices and back ends to it.
 * @throws RangeError for a malformed route.
 */
export function createHub(options: HubOptions = {}): Hub {
  return new CoreHub(options)
}

/** With a seed, each start has a stream of its own: else a restarted hub would give the same keys and tokens again. */
function randomOfStart(seed: number | undefined, starts: number): (purpose: string) => Random {
  const random = randomFrom(seed)
  return starts === 0 ? random : (purpose) => random(`${purpose}, start ${String(starts + 1)}`)
}

class CoreHub implements Hub {
  readonly hostName: string
  readonly settings: Settings
  readonly clock: Clock
  readonly commits: Commits
  readonly logger: Logger
  readonly journal: HubJournal
  readonly faults: HubFaults
  readonly deviceFaults: DeviceOrderedFaults
  readonly authentication: HubAuthentication
  readonly policies: readonly SharedAccessPolicy[]
  readonly registry: IdentityRegistry
  readonly twins: HubTwins
  readonly methods: HubMethods
  readonly c2d: HubCloudToDevice
  readonly telemetry: HubTelemetry
  readonly eventPositions: HubTelemetry
  readonly feedback: PeekLockQueue<readonly FeedbackRecord[]>
  readonly fileNotifications: PeekLockQueue<FileNotification>
  readonly inputs: ModuleRouting
  readonly throttle: TierThrottle
  /** The clock that this hub made and stops. */
  readonly #ownClock: HubClock | undefined
  readonly #dispatcher: OperationDispatcher
  readonly #sessions: Sessions
  readonly #refusals: Refusals
  readonly #outcomes: Feedback
  readonly #initialRoutes: readonly string[]
  #blobStorage: BlobStorage | undefined

  constructor({
    settings,
    clock,
    logger = SILENT,
    policies,
    blobStorage,
    routes = [],
    commits = noStore(),
    starts = 0,
  }: HubOptions) {
    this.settings = Object.freeze({ ...STRICT, ...settings })
    this.hostName = this.settings.hostName
    if (clock === undefined) this.clock = this.#ownClock = new HubClock()
    else this.clock = clock
    this.logger = hidingSecrets(logger)
    this.#blobStorage = blobStorage
    this.commits = commits
    const random = randomOfStart(settings?.seed, starts)
    this.policies = policies ?? defaultPolicies(random('policies'))

    this.journal = new HubJournal(this.clock, this.settings.journalRetained)
    this.#refusals = new Refusals(this.journal, this.logger, this.clock)
    this.faults = new HubFaults(this.clock, this.journal)
    this.throttle = new TierThrottle(this.clock, this.settings, commits)
    const shared = { clock: this.clock, settings: this.settings, journal: this.journal, commits }

    const authorities = new CertificateAuthorities(commits)
    this.registry = new IdentityRegistry({ ...shared, random: random('registry'), authorities })
    this.deviceFaults = new DeviceOrderedFaults(this.clock, this.registry)
    this.authentication = new HubAuthentication({
      ...shared,
      registry: this.registry,
      policies: this.policies,
      authorities,
    })
    const linkOf = (identity: Identity): DeviceLink | undefined => this.#sessions.linkOf(identity)
    this.eventPositions = this.telemetry = new HubTelemetry(this.clock, this.settings, commits)
    const { lockTimeoutsCount } = this.settings
    this.feedback = new PeekLockQueue(
      this.clock,
      random('feedback'),
      { ...FEEDBACK_LIMITS, lockTimeoutsCount },
      { kind: 'feedback', commits },
    )
    this.fileNotifications = new PeekLockQueue(
      this.clock,
      random('notifications'),
      { ...NOTIFICATION_LIMITS, lockTimeoutsCount },
      { kind: 'notification', commits },
    )
    this.#outcomes = new Feedback(this.clock, this.journal, this.feedback, commits)
    this.twins = new HubTwins({
      clock: this.clock,
      commits,
      registry: this.registry,
      notifyDesired: (identity, patch, version) => {
        const link = linkOf(identity)
        if (link?.accepts('desired') !== true) return
        this.#delivered(link, 'desired', { patch, version })
        link.notifyDesired(patch, version)
      },
    })
    this.methods = new HubMethods({
      ...shared,
      registry: this.registry,
      linkOf,
      requested: (link, requestId, methodName, payload) => {
        this.#delivered(link, 'methods', { requestId, methodName, payload })
      },
    })
    this.c2d = new HubCloudToDevice({
      ...shared,
      registry: this.registry,
      feedback: this.#outcomes,
      random: random('c2d'),
      linkOf,
      delivered: (link, delivery) => {
        this.#delivered(link, 'c2d', delivery)
      },
    })
    this.inputs = new ModuleRouting({
      registry: this.registry,
      commits,
      linkOf,
      delivered: (link, inputName, message) => {
        this.#delivered(link, 'inputs', { inputName, message })
      },
    })
    this.inputs.routes = this.#initialRoutes = routes
    const uploads = new FileUploads({
      ...shared,
      random: random('uploads'),
      notifications: this.fileNotifications,
      storage: () => this.#blobStorage,
    })
    this.registry.onChange(({ type, record }) => {
      if (type === 'deleted') uploads.forget(record.identity)
    })
    // Created after the parts above: when an identity is deleted, its queues go before its link is closed.
    this.#sessions = new Sessions({
      ...shared,
      registry: this.registry,
      opened: (link, channel) => {
        if (channel === 'c2d') this.c2d.deviceReady(link)
        else if (channel === 'methods') this.methods.deviceReady(link)
        else if (channel === 'inputs') this.inputs.deviceReady(link)
      },
      gone: (link, takenOver) => {
        this.c2d.linkGone(link)
        this.methods.linkGone(link, takenOver)
      },
      refuse: (error, { id, principal, transport }) => {
        this.refuse(error, { identity: identityKey(principal.identity), linkId: id, transport })
      },
    })
    this.#dispatcher = new OperationDispatcher({
      ...shared,
      faults: this.faults,
      throttle: this.throttle,
      registry: this.registry,
      twins: this.twins,
      methods: this.methods,
      c2d: this.c2d,
      telemetry: this.telemetry,
      uploads,
      route: (principal, message) => this.inputs.route(principal.identity, message),
      closeLink: ({ principal, linkId }) => {
        const link = linkOf(principal.identity)
        if (link?.id === linkId) link?.close('fault')
      },
    })
    this.#watchClockFaults()
  }

  get routes(): readonly string[] {
    return this.inputs.routes
  }

  set routes(routes: readonly string[]) {
    this.inputs.routes = routes
  }

  get lastRefusals(): Hub['lastRefusals'] {
    return this.#refusals.newestFirst
  }

  attachBlobStorage(storage: BlobStorage): void {
    this.#blobStorage = storage
  }

  expireToken(identity: Identity): void {
    this.registry.get(identity)
    const shown = this.authentication.expireTokens(identity)
    const closed = this.#sessions.expireToken(identity)
    if (!shown && !closed)
      throw new InvalidInput(
        'expireToken',
        'identity',
        'to have connected, or sent a request, with a token',
        identityKey(identity),
      )
  }

  openSession(link: DeviceLink): Session {
    this.throttle.take('connect', 0)
    const { identity } = link.principal
    if (link.modelId !== undefined) this.twins.setModelId(identity, link.modelId)
    return this.#sessions.open(link)
  }

  perform<K extends OperationKind>(
    caller: Caller,
    operation: K,
    input: Operations[K]['input'],
  ): Operations[K]['outcome'] | Promise<Operations[K]['outcome']> {
    return this.#dispatcher.perform(caller, operation, input)
  }

  refuse(error: HubError, where: Parameters<Hub['refuse']>[1]): void {
    this.#refusals.add(error, where)
  }

  reset(): void {
    this.faults.disarm()
    // Deleting an identity closes its links and drops its messages, uploads and ordered faults.
    for (const { identity } of [...this.registry.devices()]) this.registry.remove(identity, '*')
    this.#outcomes.clear()
    this.feedback.clear()
    this.fileNotifications.clear()
    this.telemetry.clear()
    this.throttle.clear()
    this.routes = this.#initialRoutes
    this.#refusals.clear()
    this.journal.clear()
    this.journal.record({ type: 'reset' })
  }

  stop(): void {
    this.#sessions.stop()
    this.methods.stop()
    this.c2d.stop()
    this.#outcomes.clear()
    this.feedback.clear()
    this.fileNotifications.clear()
    this.faults.disarm()
    this.deviceFaults.stop()
    this.#ownClock?.stop()
  }

  #delivered(link: DeviceLink, channel: 'c2d' | 'methods' | 'desired' | 'inputs', what: unknown): void {
    const identity = identityKey(link.principal.identity)
    this.journal.record({ type: 'delivery', identity, linkId: link.id, channel, what })
  }

  /** `clock.advance` fires as soon as it is armed. */
  #watchClockFaults(): void {
    this.faults.onChange(({ name, parameters }, phase) => {
      if (name !== 'clock.advance' || phase !== 'armed') return
      const { clock } = this
      if (!(clock instanceof HubClock))
        throw new RangeError(
          'fault: expected a hub with a HubClock, which clock.advance moves; given: another clock',
        )
      const seconds = parameters['seconds']
      if (this.faults.match('clock', undefined, ['advance']) === undefined || typeof seconds !== 'number')
        return
      this.journal.record({
        type: 'clock',
        action: `advance ${String(seconds)} s`,
        now: clock.now() + seconds * 1000,
      })
      clock.advance(seconds * 1000)
    })
  }
}
