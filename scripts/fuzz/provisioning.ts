/**
 * Sends the provisioning service, from a seed, what devices and back ends might: MQTT sessions over duplexes, requests of
 * devices over HTTPS, requests to the enrollment API. All of them meet the same enrollments and registrations, which come,
 * change and go meanwhile; webhooks answer what they like, hubs are unlinked and linked, and time passes.
 */

import { createHmac, X509Certificate } from 'node:crypto'
import { createServer } from 'node:https'
import mqttPacket from 'mqtt-packet'
import { generate } from 'selfsigned'
import { ManualClock } from '../../mock-hub/base/clock.ts'
import { own, type JsonObject } from '../../mock-hub/base/json.ts'
import type { Hub } from '../../mock-hub/core/contract/hub.ts'
import { createHub } from '../../mock-hub/core/create-hub.ts'
import { createServices } from '../../mock-hub/core/services/create-services.ts'
import { createApp } from '../../mock-hub/http/app.ts'
import { blobAccess, documentRenderer } from '../../mock-hub/http/service/document-renderer.ts'
import { createMqttServer } from '../../mock-hub/mqtt/server.ts'
import { createProvisioning } from '../../mock-hub/provisioning/create-provisioning.ts'
import { hubOfThisProcess } from '../../mock-hub/provisioning/hubs/hub-of-this-process.ts'
import { withOneLie } from './mqtt-lies.ts'
import { malformed, noise } from './mqtt-packets.ts'
import { PACKETS_PER_CONNECTION, type FuzzOptions } from './mqtt.ts'
import { dial } from './peers.ts'
import {
  deviceRequest,
  IDS,
  KEY,
  packetFor,
  serviceRequest,
  type ProvisioningRequest,
} from './provisioning-inputs.ts'
import { pick, randomFrom, type Random } from './random.ts'
import { turn, Watch, type Report } from './watch.ts'

/** A life of tokens that no run outlives. */
const LONG_SECONDS = 100 * 365 * 86_400

/** Sends the inputs and reports. */
export async function fuzzProvisioning({ seed, inputs, from = 0 }: FuzzOptions): Promise<Report> {
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
  const [owner] = dps.policies
  const { cert } = await generate([{ name: 'commonName', value: 'x1' }], {
    algorithm: 'sha256',
    keyType: 'ec',
  })
  const { raw } = new X509Certificate(cert)
  dps.individual.put('d1', enrollment('d1'))
  dps.groups.put('g', { attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: KEY } } })

  const watch = new Watch('input', from)
  watch.journal(hub.journal)
  let operationId = 'x'
  let etag = 'x'
  hub.journal.subscribe((entry) => {
    if (entry.type !== 'registration' || entry.step !== 'ended') return
    const id = own(entry.what, 'operationId')
    if (typeof id === 'string') operationId = id
    watch.outcome(`ended: ${JSON.stringify([own(entry.what, 'status'), own(entry.what, 'errorCode')])}`)
    if (own(entry.what, 'errorCode') === 500_000)
      watch.fail(`an assignment broke: ${JSON.stringify(entry.what)}`)
  })

  const session = async (end: number): Promise<void> => {
    const peer = dial((stream) => {
      const certificates =
        random(5) === 0 ? { certificates: [random(3) === 0 ? noise(random, 30) : raw] } : {}
      mqtt.accept(stream, { transport: 'mqtt', peer: 'fuzz', ...certificates })
    })
    const hello = helloOf(random, dps.idScope, clock)
    peer.write(pick(random, [hello, hello, hello, malformed(hello, random), withOneLie(hello, random)]))
    await turn()
    const honesty = random(3) === 0 ? 30 : 4
    const last = Math.min(end, watch.at + PACKETS_PER_CONNECTION)
    do {
      const packet = packetFor(random, operationId)
      const kind = random(honesty)
      peer.write(kind === 0 ? malformed(packet, random) : kind === 1 ? withOneLie(packet, random) : packet)
      watch.at++
      if (random(40) === 0) peer.reads(random(2) === 0)
      if (random(3) === 0) await turn()
    } while (watch.at < last && !peer.over)
    peer.drop()
    await turn()
  }
  const request = async (wanted: ProvisioningRequest): Promise<void> => {
    const authorization =
      wanted.as === 'device'
        ? deviceToken(random, dps.idScope, wanted.id, clock)
        : tokenFor(hub.hostName, owner?.primaryKey ?? '', clock, owner?.name)
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
    if (random(4) === 0) await session(end)
    else if (random(2) === 0) await request(deviceRequest(random, dps.idScope, operationId))
    else await request(serviceRequest(random, cert, etag))
    if (random(30) === 0) clock.advance(random(60_000))
    if (random(200) === 0) dps.unlink(pick(random, ['localhost', 'other.example']))
    if (random(200) === 0) dps.link(hubOfThisProcess(pick(random, [hub, other])))
    if (random(300) === 0 && hub.registry.find({ deviceId: 'd1' }) !== undefined)
      hub.registry.remove({ deviceId: 'd1' }, '*')
    if (random(2_000) === 0) dps.clear()
    watch.quarter(watch.at - from >= inputs / 4)
  }
  await checkService(hub, watch, async () => {
    dps.clear()
    dps.individual.put('d1', enrollment('d1'))
    const url = `/${dps.idScope}/registrations/d1/register?api-version=2019-03-31`
    const authorization = tokenFor(`${dps.idScope}/registrations/d1`, KEY, clock, 'registration')
    const payload = { registrationId: 'd1' }
    return (await app.inject({ method: 'PUT', url, headers: { authorization }, payload })).statusCode
  })
  await app.close()
  await mqtt.stop()
  const report = watch.report(seed, watch.at - from, connections)
  services.stop()
  for (const each of [hub, other]) each.stop()
  clock.stop()
  return report
}

function enrollment(registrationId: string): JsonObject {
  const symmetricKey = { primaryKey: KEY, secondaryKey: KEY }
  return { registrationId, attestation: { type: 'symmetricKey', symmetricKey } }
}

async function checkService(hub: Hub, watch: Watch, register: () => Promise<number>): Promise<void> {
  const ended = hub.journal.until((entry) => entry.type === 'registration' && entry.step === 'ended')
  const status = await register()
  if (status === 202) await ended
  else watch.fail(`at the end a correct device was answered ${String(status)}`)
}

function helloOf(random: Random, scope: string, clock: ManualClock): Buffer {
  const id = pick(random, IDS)
  const version = pick(random, [
    '2019-03-31',
    '2019-03-31',
    '2018-04-01',
    '2019-03-31&ClientVersion=1.%zz',
    '',
    'x',
  ])
  return mqttPacket.generate({
    ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: random(2) === 0 },
    clientId: random(15) === 0 ? pick(random, IDS) || 'x' : id || 'x',
    keepalive: pick(random, [0, 60, 65_535]),
    username: `${random(20) === 0 ? 'x' : scope}/registrations/${id}/api-version=${version}`,
    ...(random(10) === 0 ? {} : { password: Buffer.from(deviceToken(random, scope, id, clock)) }),
  })
}

/** Mostly one that fits. */
function deviceToken(random: Random, scope: string, id: string, clock: ManualClock): string {
  const key =
    id === 'of-g' ? createHmac('sha256', Buffer.from(KEY, 'base64')).update(id).digest('base64') : KEY
  const resource = `${scope}/registrations/${random(15) === 0 ? pick(random, IDS) : id}`
  const token = tokenFor(resource, key, clock, pick(random, ['registration', undefined, '']))
  return random(15) === 0 ? token.slice(0, random(token.length)) : token
}

function tokenFor(resource: string, key: string, clock: ManualClock, policy: string | undefined): string {
  const sr = encodeURIComponent(resource)
  const se = String(Math.floor(clock.now() / 1000) + LONG_SECONDS)
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
  const skn = policy === undefined ? '' : `&skn=${policy}`
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}${skn}`
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
