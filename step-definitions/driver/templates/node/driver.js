/**
 * A driver: gives your client to the conformance suite. Every function that is not written yet answers `unsupported`.
 *
 *     npx iot-hub-conformance driver check -- node driver.js
 *
 * One JSON object per line on stdin and stdout; stderr is free text. docs/driver-authors.md describes verbs,
 * capabilities and events. A driver is thin: it does not retry, cache or reorder.
 */

import { createInterface } from 'node:readline'

const HELLO = {
  protocol: 1,
  implementation: { name: 'my-client', version: '0.1.0', language: 'javascript' },
  // Claim what your client has: the suite judges only that.
  capabilities: [
    ...['identity.device', 'auth.symmetric-key', 'transport.mqtt', 'tls.custom-ca'],
    ...['connection', 'telemetry'],
  ],
  clock: 'real',
}
const sessions = new Map()
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

/** The client cannot do this, or the driver cannot express it. */
class Unsupported extends Error {}

/** The client reports an error. kind: argument, argumentType, credential, connectionFailed, timeout, … other. */
class Failure extends Error {
  constructor(kind, message) {
    super(message)
    this.kind = kind
  }
}

class Session {
  #seq = 0

  constructor(name, connectionString, ca, endpoint) {
    this.name = name
    // Your client here: dial endpoint.host:endpoint.mqttPort, check the certificate against the host name of the
    // connection string, trust `ca` (PEM).
    Object.assign(this, { connectionString, ca, endpoint })
  }

  tell(event, data) {
    say({ event, session: this.name, seq: ++this.#seq, data })
  }
}

function create({ session, kind, factory, arguments: given, options, endpoint }) {
  if (kind !== 'device' || factory !== 'connectionString')
    throw new Unsupported(`${kind} clients from ${factory}`)
  const { serverVerificationCert: ca, ...foreign } = options
  if (Object.keys(foreign).length > 0) throw new Unsupported(`the options ${Object.keys(foreign).join(', ')}`)
  const text = String(given.connectionString)
  if (!['HostName', 'DeviceId', 'SharedAccessKey'].every((name) => text.includes(`${name}=`)))
    throw new Failure('argument', 'the connection string lacks something')
  sessions.set(session, new Session(session, text, ca, endpoint))
}

const notYet = (verb) => {
  throw new Unsupported(`${verb} is not written yet`)
}

const CALLS = {
  connect: async (_session) => notYet('connect'),
  disconnect: async (_session) => notYet('disconnect'),
  shutdown: async (_session) => notYet('shutdown'),
  sendTelemetry: async (_session, { message }) =>
    notYet(`sendTelemetry ${Buffer.from(message.body, 'base64')}`),
  // { connected: true, handlers: ['message'] }
  state: async (_session) => notYet('state'),
  // happening is message, method, desired, connectionState …; report each with session.tell('message', { … }).
  handle: async (_session, { happening }) => notYet(`handle ${happening}`),
  destroy: async (session) => sessions.delete(session.name) && null,
}

async function perform(request) {
  if (request.do === 'hello') return HELLO
  if (request.do === 'create') return create(request)
  const call = Object.hasOwn(CALLS, request.do) ? CALLS[request.do] : undefined
  if (call === undefined) throw new Unsupported(request.do)
  return call(sessions.get(request.session), request)
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const request = JSON.parse(line)
  const { id } = request
  if (request.do === 'stop') {
    say({ id, ok: null })
    process.exit(0)
  }
  try {
    say({ id, ok: (await perform(request)) ?? null })
  } catch (error) {
    if (error instanceof Unsupported) say({ id, unsupported: { reason: error.message } })
    else
      say({
        id,
        error: { kind: error.kind ?? 'other', native: { type: error.name, message: error.message } },
      })
  }
})
