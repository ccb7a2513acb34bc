/** The composition root: creates the core, the adapters and the listeners of one hub, and stops them in reverse order. */

import { isIP } from 'node:net'
import type { TlsVariant } from '../net/tls-faults.ts'
import {
  deviceConnectionString,
  eventHubConnectionString,
  policyConnectionString,
} from '../core/contract/connection-strings.ts'
import { createHub } from '../core/create-hub.ts'
import { createServices } from '../core/services/create-services.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { IdentityRecord } from '../core/contract/registry.ts'
import { createHttpAdapter } from '../http/server.ts'
import { blobAccess, documentRenderer } from '../http/service/document-renderer.ts'
import type { ControlServerOptions } from '../control/server.ts'
import { createMqttServer } from '../mqtt/server.ts'
import { createProvisioning } from '../provisioning/create-provisioning.ts'
import { hubTls } from '../net/hub-certificates.ts'
import { handshakeObserver, type HandshakeObserver } from '../net/observed-handshake.ts'
import { reportTlsErrors } from '../net/tls-errors.ts'
import { listenTls, type TlsListener } from '../net/tls-listener.ts'
import { attachWebSocket, type WebSocketProtocol } from '../net/websocket.ts'
import { aboutHub, environmentOf } from './environment.ts'
import { amqpOnDemand } from './lazy-amqp.ts'
import { checkedServices, mockHubOf, type MockHub } from './mock-hub.ts'
import type { Durable } from './durable.ts'
import { attachBlobs, openControl, openWorkload, ownClock } from './optional-parts.ts'
import type { Undo } from './undo.ts'
import type { MockHubOptions } from './options.ts'
import { webhookCaller } from './provisioning/call-webhook.ts'
import { mockProvisioningOf } from './provisioning/mock-provisioning.ts'
import { hubConnector } from './provisioning/hub-elsewhere.ts'
import { applyEnrollments, applyLinks } from './provisioning/seed-enrollments.ts'
import { resolvedAt, resolveOptions, settingsOf, type ResolvedOptions } from './resolve-options.ts'
import { atOwnAddress } from './sdk-ports.ts'
import { applySeed, onceEach, policiesFrom, provisioningPoliciesFrom, randomKeys } from './seed/seed.ts'
import { checkSnapshot, isSnapshot, seedPart } from './seed/snapshot-seed.ts'
import { check, ID, objectOf } from './value-rules.ts'

/**
 * Starts a mock IoT Hub in this process, on free ports unless the options name some.
 * @param options - see {@link MockHubOptions}.
 * @returns the hub when all its ports are open.
 * @throws RangeError for an invalid option: it names the option, the rule and the given value; HubError for an identity
 *   of the seed that the hub refuses; the system's error for a port that is not available (`EADDRINUSE`, `EACCES`) or a
 *   directory that cannot be written.
 */
export async function startMockHub(options: MockHubOptions = {}): Promise<MockHub> {
  const resolved = resolveOptions(options)
  if (!resolved.parallel) return start(resolved)
  return atOwnAddress((address, ports) => start(resolvedAt(address, resolved, options, ports)))
}

async function start(resolved: ResolvedOptions): Promise<MockHub> {
  const undo: Undo = []
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    return await build(resolved, undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

/** Paths on which provisioning clients upgrade beside the documented one: C# and Java (DPS-CONN-08). */
const PROVISIONING_PATHS = ['/', '/mqtt']

async function build(options: ResolvedOptions, undo: Undo, stop: () => Promise<void>): Promise<MockHub> {
  const { hostName, address, logger, seed } = options
  if (isSnapshot(seed)) await checkSnapshot(seed, 'startMockHub')
  const keyOf = onceEach(options.keyOf ?? randomKeys)
  const durable = await openDurable(options, undo)
  const certificateDirectory = options.certificateDirectory ?? durable?.directory.certificates
  const tls = await hubTls({
    hostNames: [hostName, ...options.hostnames, ...dialled(address)],
    directory: certificateDirectory,
    rsa: options.rsaCertificate,
    say: (line) => logger?.info(line),
  })
  const clock = options.clock ?? ownClock(undo)
  durable?.begin(clock, options.clock === undefined)
  const policies =
    options.policies ?? durable?.policies ?? (options.keyOf === undefined ? undefined : policiesFrom(keyOf))
  const { commits, starts } = durable ?? {}
  const core = createHub({
    settings: settingsOf(options, tls.names),
    clock,
    logger,
    policies,
    commits,
    starts,
  })
  undo.push(() => {
    core.stop()
  })
  for (const authority of options.trustedAuthorities) core.registry.trustCertificateAuthority(authority)

  const provisioning = options.provisioning
    ? createProvisioning({
        hub: core,
        idScope: options.idScope,
        trustedAuthorities: options.trustedAuthorities,
        seed: options.settings.seed,
        callWebhook: webhookCaller({
          clock,
          anywhere: core.settings.dpsWebhooksAnywhere,
          caPem: () => tls.caPem,
        }),
        connectHub: hubConnector({ clock, caPem: () => tls.caPem }),
        policies:
          durable?.provisioningPolicies ??
          (options.keyOf === undefined ? undefined : provisioningPoliciesFrom(keyOf)),
        starts,
      })
    : undefined
  const blob = await attachBlobs(options, core, tls, undo, durable?.directory.blobs)
  const tlsVariants = (variant: TlsVariant): ReturnType<typeof tls.variant> => tls.variant(variant)
  const services = createServices(core, documentRenderer(core), blobAccess(blob))
  undo.push(() => {
    services.stop()
  })
  // Links and listeners are closed before; what the services drop from now on is not forgotten.
  if (durable !== undefined) undo.push(() => durable.close())
  const observerOf = (protocol: 'mqtt' | 'https', port: () => number): HandshakeObserver | undefined =>
    options.observeHandshakes ? handshakeObserver(core, protocol, port) : undefined
  const http = createHttpAdapter(core, {
    services,
    observerOf,
    tls: tls.credentials,
    trust: tls,
    tlsVariants,
    blob,
    provisioning,
  })
  undo.push(() => http.stop())
  const mqtt = await createMqttServer(core, provisioning)
  undo.push(() => mqtt.stop())
  const amqp = amqpOnDemand(options, core, provisioning, undo)
  const protocols: Record<string, WebSocketProtocol> = {
    ...(amqp === undefined ? {} : { amqpwsb10: amqp.protocol }),
    mqtt: (stream, info) => {
      mqtt.accept(stream, { transport: 'mqtt-ws', ...info })
    },
  }
  undo.push(
    attachWebSocket(http.server, protocols, {
      faults: core.faults,
      ...(provisioning === undefined ? {} : { provisioningPaths: PROVISIONING_PATHS }),
    }),
  )
  const initialise = (): void => {
    if (isSnapshot(seed)) services.snapshots.restore(seed)
    else {
      applySeed(core, seed, keyOf)
      if (provisioning !== undefined) applyEnrollments(provisioning, seed, keyOf)
    }
  }
  if (provisioning !== undefined) applyLinks(provisioning, seedPart(seed))
  if (durable === undefined) initialise()
  else {
    durable.restore(core, initialise)
    // The service is new beside a hub that is not.
    if (!durable.isNew && provisioning !== undefined && durable.provisioningPolicies === undefined)
      applyEnrollments(provisioning, seedPart(seed), keyOf)
  }

  const mqttListener: TlsListener = await listenTls(
    (socket, client) => {
      mqtt.accept(socket, { transport: 'mqtt', ...client })
    },
    {
      ...{ tls: tls.credentials, faults: core.faults, tlsVariants },
      ...{ host: address, port: options.mqttPort },
      ...{ clock, silenceSeconds: core.settings.connectTimeoutSeconds },
      onTlsError: reportTlsErrors(core, 'mqtt', () => mqttListener.port, tls),
      observer: observerOf('mqtt', () => mqttListener.port),
    },
  )
  undo.push(() => mqttListener.stop())
  const httpsPort = (await http.listen({ host: address, port: options.httpsPort })).port
  const amqpListener = await amqp?.listen(tls)
  const workload = await openWorkload(options, core, tls, undo)

  const reset = (): void => {
    services.clear()
    provisioning?.clear()
    if (provisioning !== undefined) applyLinks(provisioning, seedPart(seed))
    core.reset()
    void blob?.clear()
    if (options.clock === undefined) clock.reset()
    initialise()
  }
  const about: ControlServerOptions['about'] = async (what) => {
    await workload?.settled()
    return aboutHub(mockHub, what?.secrets)
  }
  const control = await openControl(options, { hub: core, services, provisioning, about, reset }, undo)

  const stopRsa = tls.addRsa((credentials) => {
    for (const listener of [mqttListener, http, amqpListener]) listener?.updateTls(credentials)
  })
  undo.push(stopRsa)

  await core.commits.committed()
  const [owner] = core.policies
  const mockHub: MockHub = mockHubOf(core, {
    failure: durable === undefined ? NEVER : durable.failure.then((reason) => stop().then(() => reason)),
    state: durable?.description,
    get storing() {
      return core.commits.committed() !== undefined
    },
    ...{ address, clock, httpsPort, mqttPort: mqttListener.port },
    amqpPort: amqpListener?.port,
    ...{ reset, stop, [Symbol.asyncDispose]: stop, services: checkedServices(services) },
    controlPort: control?.port,
    controlUrl: control?.url,
    get caPem() {
      return tls.caPem
    },
    get workload() {
      return workload?.uris
    },
    provisioning: provisioning && mockProvisioningOf(provisioning, hostName),
    caPath: tls.caPath,
    caBundlePath: tls.caBundlePath,
    serviceConnectionString: owner === undefined ? '' : policyConnectionString(hostName, owner),
    eventHubConnectionString:
      amqp === undefined ? undefined : eventHubConnectionString(hostName, core.policies),
    get environment() {
      return environmentOf(mockHub)
    },
    connectionString(identity) {
      check(IDENTITY, identity, 'connectionString', 'identity')
      return deviceConnectionString(hostName, core.registry, identity)
    },
    expireToken(identity) {
      check(IDENTITY, identity, 'expireToken', 'identity')
      core.expireToken(identity)
    },
    identities: () => identitiesOf(core),
  })
  return mockHub
}

/** A hub in memory does not fail. */
const NEVER = new Promise<never>(() => undefined)

/** @returns undefined: the state is in memory. */
async function openDurable(options: ResolvedOptions, undo: Undo): Promise<Durable | undefined> {
  const { dataDirectory } = options
  if (dataDirectory === undefined) return undefined
  // Loaded on demand: a hub in memory needs no database.
  const { openDataDirectory } = await import('./durable.ts')
  return openDataDirectory({ ...options, dataDirectory }, undo)
}

/** The address as a name that clients dial; none for a hub that listens on all addresses. */
function dialled(address: string): readonly string[] {
  return isIP(address) === 0 || ['0.0.0.0', '::'].includes(address) ? [] : [address]
}

const IDENTITY = objectOf({ deviceId: ID, moduleId: ID }, ['deviceId'])

function identitiesOf({ registry }: Hub): readonly IdentityRecord[] {
  return [...registry.devices()].flatMap((device) => [
    device,
    ...registry.modulesOf(device.identity.deviceId),
  ])
}
