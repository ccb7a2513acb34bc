/**
 * A partial client: the package `mqtt` with the documented topics and tokens. It connects devices with a connection string,
 * sends telemetry, and receives cloud-to-device messages; everything else is `unsupported`.
 */

import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import mqtt from 'mqtt'

const { version } = createRequire(import.meta.url)('mqtt/package.json')
const HELLO = {
  protocol: 1,
  implementation: { name: 'mqtt', version, language: 'javascript' },
  capabilities:
    'identity.device auth.sas.renewable auth.symmetric-key transport.mqtt tls.custom-ca telemetry c2d connection lifecycle'.split(
      ' ',
    ),
  clock: 'real',
}
const OPTIONS = ['serverVerificationCert', 'keepAlive']
const sessions = new Map()
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
class Unsupported extends Error {}

function tokenFor({ HostName, DeviceId, SharedAccessKey }) {
  const resource = encodeURIComponent(`${HostName}/devices/${DeviceId}`)
  const expiry = Math.floor(Date.now() / 1_000) + 3_600
  const signature = createHmac('sha256', Buffer.from(SharedAccessKey, 'base64')).update(
    `${resource}\n${expiry}`,
  )
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature.digest('base64'))}&se=${expiry}`
}

function create({ session, kind, factory, arguments: given, options, endpoint }) {
  if (kind !== 'device' || factory !== 'connectionString')
    throw new Unsupported(`${kind} clients from ${factory}`)
  const foreign = Object.keys(options).find((name) => !OPTIONS.includes(name))
  if (foreign) throw new Unsupported(`the option ${foreign}`)
  const parts = given.connectionString
    .split(';')
    .map((part) => [part.split('=', 1)[0], part.slice(part.indexOf('=') + 1)])
  const { HostName, DeviceId, ...rest } = Object.fromEntries(parts)
  if (!HostName || !DeviceId || !rest.SharedAccessKey)
    throw new TypeError('the connection string lacks something')
  sessions.set(session, { identity: { HostName, DeviceId, ...rest }, options, endpoint, seq: 0 })
}

async function connect(session) {
  const { identity, options, endpoint } = session
  session.client?.end(true)
  session.client = mqtt.connect({
    protocol: 'mqtts',
    host: endpoint.host,
    port: endpoint.mqttPort,
    servername: identity.HostName,
    ca: options.serverVerificationCert,
    clientId: identity.DeviceId,
    username: `${identity.HostName}/${identity.DeviceId}/?api-version=2021-04-12`,
    password: tokenFor(identity),
    clean: false,
    keepalive: options.keepAlive ?? 60,
    reconnectPeriod: 0,
  })
  await new Promise((resolve, reject) =>
    session.client.once('connect', resolve).once('error', reject).once('close', reject),
  )
  session.client.on('error', () => undefined)
}

const encoded = (name, value) => `${encodeURIComponent(name)}=${encodeURIComponent(value ?? '')}`
const SYSTEM = {
  messageId: '$.mid',
  correlationId: '$.cid',
  userId: '$.uid',
  contentType: '$.ct',
  contentEncoding: '$.ce',
}

async function sendTelemetry(session, { message }) {
  if (!session.client?.connected) await connect(session)
  const system = Object.keys(SYSTEM)
    .filter((name) => message[name] !== undefined)
    .map((name) => encoded(SYSTEM[name], message[name]))
  const bag = [...system, ...(message.properties ?? []).map(([name, value]) => encoded(name, value))].join(
    '&',
  )
  const topic = `devices/${session.identity.DeviceId}/messages/events/${bag}`
  await session.client.publishAsync(topic, Buffer.from(message.body, 'base64'), { qos: 1 })
}

async function handle(session, { session: name, happening, kind }) {
  if (happening !== 'message' || kind !== 'function')
    throw new Unsupported(`listening to ${happening} by ${kind}`)
  if (!session.client?.connected) await connect(session)
  session.client.on('message', (topic, body) => {
    const bag = new URLSearchParams(topic.split('/devicebound/')[1])
    const properties = Object.fromEntries([...bag].filter(([key]) => !key.startsWith('$.')))
    const system = Object.entries(SYSTEM).flatMap(([key, short]) =>
      bag.has(short) ? [[key, bag.get(short)]] : [],
    )
    const data = { text: body.toString(), isBytes: true, properties, ...Object.fromEntries(system) }
    say({ event: 'message', session: name, seq: ++session.seq, data: { ...data, argumentCount: 1 } })
  })
  await session.client.subscribeAsync(`devices/${session.identity.DeviceId}/messages/devicebound/#`, {
    qos: 1,
  })
}

const VERBS = {
  connect,
  sendTelemetry,
  handle,
  sync: () => undefined,
  disconnect: (session) => session.client?.endAsync(),
  state: (session) => ({ connected: session.client?.connected ?? false, handlers: [] }),
}

function kindOf(error) {
  if (error instanceof TypeError) return 'argument'
  return [4, 5].includes(error?.code) ? 'credential' : 'connectionFailed'
}

async function perform(request) {
  const { id, do: verb, session: name } = request
  try {
    if (verb === 'hello') return say({ id, ok: HELLO })
    if (verb === 'create') create(request)
    else if (verb === 'destroy') sessions.get(name)?.client?.end(true)
    else if (!(verb in VERBS)) throw new Unsupported(verb)
    const ok = verb in VERBS ? await VERBS[verb](sessions.get(name), request) : null
    say({ id, ok: ok ?? null })
  } catch (error) {
    if (error instanceof Unsupported)
      return say({ id, unsupported: { reason: `it does not do ${error.message}` } })
    const native = { type: error?.name ?? 'close', message: String(error?.message ?? 'closed') }
    say({ id, error: { kind: kindOf(error), native } })
  }
}

process.on('uncaughtException', (error) => console.error(error))
createInterface(process.stdin)
  .on('line', (line) => {
    const request = JSON.parse(line)
    if (request.do !== 'stop') return void perform(request)
    say({ id: request.id, ok: null })
    process.exit(0)
  })
  .on('close', () => process.exit(0))
