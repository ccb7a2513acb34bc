/** The composition root: core, rooms and listeners of one hub; what was started is undone in reverse order. */

import { aboutHub, environmentOf } from './environment.ts'
import { amqpOnDemand } from './lazy-amqp.ts'
import {
  deviceConnectionString,
  eventHubConnectionString,
  policyConnectionString,
} from '../core/contract/connection-strings.ts'
import type { TlsVariant } from '../net/tls-faults.ts'
import { createHub } from '../core/create-hub.ts'
import { createHttpAdapter } from '../http/server.ts'
import type { MockHub } from './mock-hub.ts'
import { listenTls } from '../net/tls-listener.ts'
import { createMqttServer } from '../mqtt/server.ts'
import { checkOptions, settingsOf, type MockHubOptions } from './options.ts'
import { onceEach, policiesFrom, randomKeys, applySeed } from './seed.ts'
import { attachBlobs, openControl, openWorkload, ownClock, type Undo } from './optional-parts.ts'
import { hubTls } from '../net/hub-certificates.ts'
import { attachWebSocket, type WebSocketProtocol } from '../net/websocket.ts'

/**
 * Starts a mock IoT Hub in this process. All ports are free ones unless named.
 * @throws TypeError, RangeError for options (they name it and what was given); the system's error for a port that
 *   cannot be had (`EADDRINUSE`, `EACCES`) or a directory that cannot be written.
 */
export async function startMockHub(options: MockHubOptions = {}): Promise<MockHub> {
  checkOptions(options)
  const undo: Undo = []
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    return await build(options, undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function build(options: MockHubOptions, undo: Undo, stop: () => Promise<void>): Promise<MockHub> {
  const { hostName = 'localhost', hostnames = [], address = '127.0.0.1', logger, seed = {} } = options
  const keyOf = onceEach(options.keyOf ?? randomKeys)
  const tls = await hubTls([hostName, ...hostnames], options.certificateDirectory, (line) =>
    logger?.info(line),
  )
  const clock = options.clock ?? ownClock(undo)
  const policies = options.policies ?? (options.keyOf === undefined ? undefined : policiesFrom(keyOf))
  const hub = createHub({ settings: settingsOf(options, tls.names), clock, logger, policies })
  undo.push(() => {
    hub.stop()
  })
  for (const authority of options.trustedAuthorities ?? []) hub.registry.trustCertificateAuthority(authority)

  const blob = await attachBlobs(options, hub, tls, undo)
  const tlsVariants = (variant: TlsVariant): ReturnType<typeof tls.variant> => tls.variant(variant)
  const httpRoom = createHttpAdapter(hub, { tls: tls.server, tlsVariants, blob })
  undo.push(() => httpRoom.stop())
  const mqttRoom = await createMqttServer(hub)
  undo.push(() => mqttRoom.stop())
  const amqp = amqpOnDemand(options, hub, undo)
  const protocols: Record<string, WebSocketProtocol> = {
    ...(amqp === undefined ? {} : { amqpwsb10: amqp.protocol }),
    mqtt: (stream, info) => {
      mqttRoom.accept(stream, { transport: 'mqtt-ws', ...info })
    },
  }
  undo.push(attachWebSocket(httpRoom.server, protocols, { faults: hub.faults }))
  applySeed(hub, seed, keyOf)

  const listener = { tls: tls.server, faults: hub.faults }
  const mqtt = await listenTls(mqttRoom, {
    ...listener,
    host: address,
    port: options.mqttPort ?? 0,
    tlsVariants,
  })
  undo.push(() => mqtt.stop())
  const https = await httpRoom.listen({ host: address, port: options.httpsPort ?? 0 })
  const amqpPort = await amqp?.listen(tls)
  const workload = await openWorkload(options, hub, tls, undo)

  const reset = (): void => {
    hub.faults.disarm()
    httpRoom.services.configurations.load([])()
    for (const { identity } of [...hub.registry.devices()]) hub.registry.remove(identity, '*')
    applySeed(hub, seed, keyOf)
  }
  const about = (): Readonly<Record<string, unknown>> => aboutHub(mockHub)
  const control = await openControl(options, { hub, services: httpRoom.services, about, reset }, undo)

  const { journal, faults, registry, twins, methods, c2d, telemetry, feedback, fileNotifications, inputs } =
    hub
  const owner = hub.policies[0]
  const mockHub: MockHub = {
    ...{ journal, faults, registry, twins, methods, c2d, telemetry, feedback, fileNotifications, inputs },
    ...{ hostName, clock, address, workload, reset, stop },
    settings: hub.settings,
    logger: hub.logger,
    authentication: hub.authentication,
    policies: hub.policies,
    throttle: hub.throttle,
    services: httpRoom.services,
    mqttPort: mqtt.port,
    httpsPort: https.port,
    amqpPort,
    controlPort: control?.port,
    controlUrl: control?.url,
    caPem: tls.authority.cert,
    caPath: tls.caPath,
    serviceConnectionString: owner === undefined ? '' : policyConnectionString(hostName, owner),
    eventHubConnectionString:
      amqp === undefined ? undefined : eventHubConnectionString(hostName, hub.policies),
    get routes() {
      return hub.routes
    },
    set routes(routes) {
      hub.routes = routes
    },
    get lastRefusals() {
      return hub.lastRefusals
    },
    get environment() {
      return environmentOf(mockHub)
    },
    connectionString: (identity) => deviceConnectionString(hostName, registry, identity),
    identities: () =>
      [...registry.devices()].flatMap((device) => [device, ...registry.modulesOf(device.identity.deviceId)]),
    [Symbol.asyncDispose]: stop,
  }
  return mockHub
}
