/**
 * Sends the provisioning service, from a seed, what devices and back ends might: sessions of MQTT and AMQP over duplexes,
 * as TLS and WebSockets carry them, requests of devices over HTTPS, requests to the enrollment API. All of them meet the same enrollments and registrations, which come,
 * change and go meanwhile; webhooks answer what they like, hubs are unlinked and linked, and time passes.
 */

import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:https'
import mqttPacket from 'mqtt-packet'
import { generate } from 'selfsigned'
import { ManualClock } from '../../../mock-hub/base/clock.ts'
import { own } from '../../../mock-hub/base/json.ts'
import type { Hub } from '../../../mock-hub/core/contract/hub.ts'
import { createHub } from '../../../mock-hub/core/create-hub.ts'
import { createServices } from '../../../mock-hub/core/services/create-services.ts'
import { createAmqpServer } from '../../../mock-hub/amqp/server.ts'
import { createApp } from '../../../mock-hub/http/app.ts'
import { blobAccess, documentRenderer } from '../../../mock-hub/http/service/document-renderer.ts'
import { createMqttServer } from '../../../mock-hub/mqtt/server.ts'
import type { Provisioning } from '../../../mock-hub/provisioning/contract/provisioning.ts'
import { createProvisioning } from '../../../mock-hub/provisioning/create-provisioning.ts'
import { hubOfThisProcess } from '../../../mock-hub/provisioning/hubs/hub-of-this-process.ts'
import { withOneLie } from '../mqtt-lies.ts'
import { fillCaches, malformed, noise } from '../mqtt-packets.ts'
import { PACKETS_PER_CONNECTION, type FuzzOptions } from '../mqtt.ts'
import { dial, type Peer } from '../peers.ts'
import { registrantFrame, registrantHello, registrantLinks } from './frames.ts'
import {
  deviceRequest,
  deviceToken,
  idOf,
  IDS,
  KEY,
  packetFor,
  serviceRequest,
  subscription,
  tokenFor,
  type ProvisioningRequest,
} from './inputs.ts'
import { pick, randomFrom, type Random } from '../random.ts'
import { turn, Watch, type Report } from '../watch.ts'

/** Sends the inputs and reports. */
export async function fuzzProvisioning({ seed, inputs, from = 0 }: FuzzOptions): Promise<Report> {
  fillCaches()
  const clock = new ManualClock(Date.UTC(2026, 0, 1))
  const settings = { journalRetained: 500, telemetryRetained: 500, maxDevices: 20, seed: 1 }
  const hub = createHub({ clock, settings })
  const other = createHub({ clock, settings: { ...settings, hostName: 'other.example' } })
  let random = randomFrom(seed, from)
  const dps = createProvisioning({
    hub,
    seed: 1,
    linkedHubs: [hubOfThisProcess(other)],
    callWebhook: () => webhookAnswer(random),
    connectHub: () => hubOfThisProcess(other),
  })
  const services = createServices(hub, documentRenderer(hub), blobAccess(undefined))
  const app = await createApp({
    hub,
    services,
    serverOf: () => createServer(),
    blob: undefined,
    provisioning: dps,
  })
  const mqtt = await createMqttServer(hub, dps)
  const amqp = await createAmqpServer(hub, { retentionBytes: 1_048_576, provisioning: dps })
  const [owner] = dps.policies
  const { cert } = await generate([{ name: 'commonName', value: 'x1' }], {
    algorithm: 'sha256',
    keyType: 'ec',
  })
  const { raw } = new X509Certificate(cert)
  enroll(dps)

  const watch = new Watch('input', from, inputs)
  watch.journal(hub.journal)
  let operationId = 'x'
  let etag = 'x'
  hub.journal.subscribe((entry) => {
    if (entry.type !== 'registration' || entry.step !== 'ended') return
    const id = own(entry.what, 'operationId')
    if (typeof id === 'string') operationId = id
    const how = JSON.stringify([own(entry.what, 'status'), own(entry.what, 'errorCode')])
    watch.outcome(`${entry.transport} ended: ${how}`)
    if (own(entry.what, 'errorCode') === 500_000)
      watch.fail(`an assignment broke: ${JSON.stringify(entry.what)}`)
  })

  const certificates = (): readonly Buffer[] | undefined =>
    random(5) === 0 ? [random(3) === 0 ? noise(random, 30) : raw] : undefined
  /** Sends what a device sends on one connection. @param next the next packet or frame, correct. @param spoil damages it. */
  const talk = async (
    peer: Peer,
    end: number,
    hello: Buffer,
    next: () => Buffer,
    spoil: readonly (typeof malformed)[],
  ): Promise<void> => {
    peer.write(random(6) === 0 ? pick(random, spoil)(hello, random) : hello)
    await turn()
    const honesty = random(3) === 0 ? 30 : 4
    const last = Math.min(end, watch.at + PACKETS_PER_CONNECTION)
    do {
      const packet = next()
      peer.write(random(honesty) === 0 ? pick(random, spoil)(packet, random) : packet)
      watch.at++
      if (random(40) === 0) peer.reads(random(2) === 0)
      if (random(3) === 0) await turn()
    } while (watch.at < last && !peer.over)
    peer.drop()
    await turn()
  }
  const overMqtt = async (end: number): Promise<void> => {
    const transport = pick(random, ['mqtt', 'mqtt-ws'] as const)
    const sent = certificates()
    const peer = dial((stream) => {
      const onlyProvisioning = transport === 'mqtt-ws' && random(2) === 0
      mqtt.accept(stream, { transport, peer: 'fuzz', certificates: sent, onlyProvisioning })
    })
    const hello = Buffer.concat([
      helloOf(random, dps.idScope, clock.now()),
      ...(random(4) === 0 ? [] : [subscription]),
    ])
    await talk(peer, end, hello, () => packetFor(random, operationId), [malformed, withOneLie])
  }
  const overAmqp = async (end: number): Promise<void> => {
    const transport = pick(random, ['amqp', 'amqp-ws'] as const)
    const sent = certificates()
    const peer = dial((stream) => {
      amqp.accept(stream, { transport, peer: 'fuzz', certificates: sent })
    })
    const id = idOf(random)
    const node = `${random(20) === 0 ? 'x' : dps.idScope}/registrations/${id}`
    const token =
      sent === undefined || random(4) === 0 ? deviceToken(random, dps.idScope, id, clock.now()) : undefined
    const hello = Buffer.concat([registrantHello(node, token), registrantLinks(random, node)])
    await talk(peer, end, hello, () => registrantFrame(random, node, watch.at, operationId), [malformed])
  }
  const request = async (wanted: ProvisioningRequest): Promise<void> => {
    const authorization =
      wanted.as === 'device'
        ? deviceToken(random, dps.idScope, wanted.id, clock.now())
        : tokenFor(hub.hostName, owner?.primaryKey ?? '', clock.now(), owner?.name)
    const { method, path, headers, body } = wanted
    const answer = await app.inject({
      ...{ method: method as 'GET', url: path },
      headers: { ...headers, ...(random(15) === 0 ? {} : { authorization }) },
      ...(body === undefined ? {} : { payload: body }),
    })
    watch.outcome(`${wanted.as} ${method} ${answer.statusCode}`)
    if (answer.statusCode >= 500 && answer.statusCode !== 501)
      watch.fail(`answer ${answer.statusCode} to ${method} ${path}: ${answer.body.slice(0, 200)}`)
    const given = /"etag":"(?:\\")?([^"\\]*)/.exec(answer.body)?.[1]
    if (given !== undefined) etag = given
    watch.at++
  }

  let connections = 0
  const end = from + inputs
  while (watch.at < end && !watch.enough) {
    random = randomFrom(seed, watch.at)
    watch.connectionAt = watch.at
    connections++
    const way = random(8)
    if (way < 2) await overMqtt(end)
    else if (way < 4) await overAmqp(end)
    else if (way < 6) await request(deviceRequest(random, dps.idScope, operationId))
    else await request(serviceRequest(random, cert, etag))
    if (random(30) === 0) clock.advance(random(60_000))
    if (random(200) === 0) dps.unlink(pick(random, ['localhost', 'other.example']))
    if (random(200) === 0) dps.link(hubOfThisProcess(pick(random, [hub, other])))
    if (random(300) === 0 && hub.registry.find({ deviceId: 'd1' }) !== undefined)
      hub.registry.remove({ deviceId: 'd1' }, '*')
    if (random(2_000) === 0) dps.clear()
    // Back ends change and delete what devices need to be assigned.
    if (random(20) === 0) enroll(dps)
    watch.progress(watch.at - from)
  }
  await checkService(hub, watch, async () => {
    dps.clear()
    enroll(dps)
    const url = `/${dps.idScope}/registrations/d1/register?api-version=2019-03-31`
    const authorization = tokenFor(`${dps.idScope}/registrations/d1`, KEY, clock.now(), 'registration')
    const payload = { registrationId: 'd1' }
    return (await app.inject({ method: 'PUT', url, headers: { authorization }, payload })).statusCode
  })
  await app.close()
  if (amqp.connections > 0) watch.fail(`${amqp.connections} connections over AMQP were never closed`)
  for (const server of [mqtt, amqp]) await server.stop()
  const report = watch.report(seed, watch.at - from, connections)
  services.stop()
  for (const each of [hub, other]) each.stop()
  clock.stop()
  return report
}

/** The device `d1`, and the group of which `of-g` is one. */
function enroll({ individual, groups }: Provisioning): void {
  const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey: KEY, secondaryKey: KEY } }
  individual.put('d1', { attestation }, individual.has('d1') ? '*' : undefined)
  groups.put('g', { attestation }, groups.has('g') ? '*' : undefined)
}

async function checkService(hub: Hub, watch: Watch, register: () => Promise<number>): Promise<void> {
  const ended = hub.journal.until((entry) => entry.type === 'registration' && entry.step === 'ended')
  const status = await register()
  if (status === 202) await ended
  else watch.fail(`at the end a correct device was answered ${String(status)}`)
}

function helloOf(random: Random, scope: string, now: number): Buffer {
  const id = idOf(random)
  const version =
    random(8) === 0
      ? pick(random, ['', 'x'])
      : pick(random, ['2019-03-31', '2018-04-01', '2019-03-31&ClientVersion=1.%zz'])
  return mqttPacket.generate({
    ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: random(2) === 0 },
    clientId: random(15) === 0 ? pick(random, IDS) || 'x' : id || 'x',
    keepalive: pick(random, [0, 60, 65_535]),
    username: `${random(20) === 0 ? 'x' : scope}/registrations/${id}/api-version=${version}`,
    ...(random(10) === 0 ? {} : { password: Buffer.from(deviceToken(random, scope, id, now)) }),
  })
}

function webhookAnswer(random: Random): Promise<{ status: number; body: string }> {
  if (random(8) === 0) return Promise.reject(new Error('no answer'))
  const hub = pick(random, ['localhost', 'other.example', 'foreign.example'])
  const body = pick(random, [
    `{"iotHubHostName":"${hub}"}`,
    `{"iotHubHostName":"${hub}","initialTwin":{"tags":{"a.b":1,"$x":2},"properties":{"desired":{"a":[1]}}},"payload":"x"}`,
    `{"iotHubHostName":"${hub}","initialTwin":7,"payload":{"a":{}}}`,
    `{"iotHubHostName":"${hub}","initialTwin":{"tags":{"a":"${'x'.repeat(40_000)}"}}}`,
    '{"iotHubHostName":7}',
    '[]',
    'null',
    '{"a":',
    '',
  ])
  return Promise.resolve({ status: pick(random, [200, 200, 200, 204, 302, 500]), body })
}
