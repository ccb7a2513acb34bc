/**
 * The official Node device SDK (azure-iot-device over azure-iot-device-mqtt) behind the driver protocol of the suite.
 * One JSON object per line on stdin and stdout. It is thin: one call of the suite is one call of the SDK, without retries,
 * caches or reordering. It replies `unsupported` to what the SDK lacks. It redirects ports 8883 and 443, because the SDK
 * has no option for the port (see redirect.js).
 */

import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import device from 'azure-iot-device'
import transports from 'azure-iot-device-mqtt'
import { endProvisioning, provisionCreate, provisioningErrorOf, provisionRegister } from './provisioning.js'
import { leadTo } from './redirect.js'
import { say, Session } from './session.js'
import { errorOf, messageFrom, Unsupported } from './values.js'
import { advance, real } from './virtual-time.js'

const { version } = createRequire(import.meta.url)('azure-iot-device/package.json')
const CAPABILITIES = [
  ...[
    'identity.device',
    'identity.module',
    'identity.edge-module',
    'auth.sas.renewable',
    'auth.sas.supplied',
    'auth.symmetric-key',
  ],
  ...['auth.x509', 'transport.mqtt', 'transport.mqtt-ws', 'gateway', 'tls.custom-ca', 'telemetry'],
  ...[
    'telemetry.output',
    'c2d',
    'methods',
    'methods.invoke',
    'twin.get',
    'twin.reported',
    'twin.desired',
    'input',
  ],
  ...['file-upload', 'connection', 'connection.retry', 'connection.auto-connect', 'connection.keep-alive'],
  ...['connection.state-events', 'lifecycle', 'model-id', 'provisioning'],
]
const HELLO = {
  protocol: 1,
  implementation: {
    name: 'azure-iot-device',
    version,
    language: 'javascript',
    homepage: 'https://www.npmjs.com/package/azure-iot-device',
    issues: 'https://github.com/Azure/azure-iot-sdk-node/issues',
  },
  capabilities: CAPABILITIES,
  clock: 'virtual',
}
/** Options by the documented name, in the form that `setOptions` of this SDK accepts. */
const OPTIONS = {
  serverVerificationCert: (ca) => ({ ca }),
  keepAlive: (keepalive) => ({ keepalive }),
  productInfo: (productInfo) => ({ productInfo }),
  modelId: (modelId) => ({ modelId }),
  sastokenTtl: (seconds) => ({
    tokenRenewal: { tokenValidTimeInSeconds: seconds, tokenRenewalMarginInSeconds: 120 },
  }),
}
const sessions = new Map()

async function create({ session, kind, factory, arguments: given, options, endpoint, environment }) {
  if (endpoint) leadTo(endpoint.host, { 8883: endpoint.mqttPort, 443: endpoint.httpsPort })
  const { websockets, gatewayHostname, connectionRetry, ...others } = options
  const transport = websockets ? transports.MqttWs : transports.Mqtt
  const type = kind === 'device' ? device.Client : device.ModuleClient
  const set = {}
  for (const [name, value] of Object.entries(others)) {
    if (!(name in OPTIONS)) throw new Unsupported(`the SDK has no option like ${name}`)
    Object.assign(set, OPTIONS[name](value))
  }
  const gateway = gatewayHostname ? `;GatewayHostName=${gatewayHostname}` : ''
  let client
  switch (factory) {
    case 'connectionString':
      client = type.fromConnectionString(given.connectionString + gateway, transport)
      break
    case 'sasToken':
      if (gateway) throw new Unsupported('the SDK takes no gateway beside a token')
      client = type.fromSharedAccessSignature(given.sastoken, transport)
      break
    case 'x509': {
      if (kind === 'module') throw new Unsupported('module clients of the SDK take no certificate')
      const module = given.moduleId ? `;ModuleId=${given.moduleId}` : ''
      const text = `HostName=${given.hostname};DeviceId=${given.deviceId}${module};x509=true${gateway}`
      client = type.fromConnectionString(text, transport)
      const { certFile, keyFile, passPhrase } = given.x509
      const pem = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
      Object.assign(set, pem, passPhrase && { passphrase: passPhrase })
      break
    }
    case 'edgeEnvironment': {
      if (kind === 'device') throw new Unsupported('only module clients are made from the environment')
      // The SDK reads the environment before it returns its promise, which may never settle: restore the environment now.
      const before = { ...process.env }
      Object.assign(process.env, environment)
      const making = type.fromEnvironment(transport)
      for (const name of Object.keys(environment)) delete process.env[name]
      Object.assign(process.env, before)
      client = await making
      break
    }
    default:
      throw new Unsupported(`the SDK has no factory like ${factory}`)
  }
  client.on('error', () => undefined) // an event without a listener would end the process
  if (Object.keys(set).length > 0) await client.setOptions(set)
  if (connectionRetry === false) client.setRetryPolicy(new NoRetry())
  sessions.set(session, new Session(session, client, kind))
}

class NoRetry {
  shouldRetry() {
    return false
  }
  nextRetryTimeout() {
    return 0
  }
}

async function destroy({ session }) {
  if (await endProvisioning(session)) return
  const ended = sessions.get(session)
  sessions.delete(session)
  ended?.release()
  ended?.dialNoMore()
  await ended?.close()
}

async function respondMethod(session, { status, payload, unwritable, requestId }) {
  const response = session.answers.get(requestId) // without an id: the newest
  if (response === undefined)
    throw new Unsupported('the SDK answers only through the response that came with the request')
  await response.send(status, unwritable ? 1n : payload)
}

const onlyFor = (kind, session) => {
  if (session.kind !== kind) throw new Unsupported(`only ${kind} clients of the SDK can do this`)
}

const VERBS = {
  connect: ({ client }) => client.open().then(() => null),
  disconnect: (session) => session.close(),
  state: (session) => session.state(),
  updateSasToken: ({ client }, { token }) =>
    new Promise((resolve, reject) => {
      client.updateSharedAccessSignature(token, (error) => (error ? reject(error) : resolve(null)))
    }),
  sendTelemetry: ({ client }, { message }) => client.sendEvent(messageFrom(message)).then(() => null),
  sendOutput: (session, { output, message }) => {
    onlyFor('module', session)
    return session.client.sendOutputEvent(output, messageFrom(message)).then(() => null)
  },
  respondMethod,
  getTwin: async (session) => {
    session.knownTwin = undefined
    const { desired, reported } = (await session.twin()).properties
    const { update: _, ...properties } = reported // the twin object has its own method among the properties
    return JSON.parse(JSON.stringify({ desired, reported: properties }))
  },
  patchReported: async (session, { patch, unwritable }) => {
    const { reported } = (await session.twin()).properties
    await new Promise((resolve, reject) => {
      // It returns no promise, although its documentation says so.
      reported.update(unwritable ? { value: 1n } : patch, (error) => (error ? reject(error) : resolve()))
    })
  },
  handle: (session, request) => session.handle(request),
  release: (session) => session.release(),
  sync: (session) => session.sync(),
  uploadInfo: (session, { blobName }) => {
    onlyFor('device', session)
    return session.client.getBlobSharedAccessSignature(blobName)
  },
  notifyUpload: (session, { correlationId, isSuccess, statusCode, statusDescription }) => {
    onlyFor('device', session)
    return session.client.notifyBlobUploadStatus(correlationId, isSuccess, statusCode, statusDescription)
  },
  invokeMethod: async (session, { params, deviceId, moduleId }) => {
    onlyFor('module', session)
    const target = moduleId === undefined ? [deviceId] : [deviceId, moduleId]
    const { status, payload } = await session.client.invokeMethod(...target, params)
    return { status, payload }
  },
}

const WITHOUT_SESSION = {
  hello: () => HELLO,
  create,
  destroy,
  advance: ({ now }) => advance(now),
  provisionCreate: (request) => {
    const { endpoint } = request
    if (endpoint) leadTo(endpoint.host, { 8883: endpoint.mqttPort, 443: endpoint.httpsPort })
    return provisionCreate(request)
  },
  provisionRegister,
}

async function perform(request) {
  const { id, do: verb, session: name = '-' } = request
  let beats = 0
  const beat = real.setInterval(
    () => say({ event: 'heartbeat', session: name, seq: ++beats, data: {} }),
    2_000,
  )
  try {
    const free = WITHOUT_SESSION[verb]
    const session = sessions.get(name)
    if (!free && !(verb in VERBS)) throw new Unsupported(`the SDK has nothing like ${verb}`)
    if (!free && !session) throw new Error(`There is no session ${name}`)
    const ok = await (free ? free(request) : VERBS[verb](session, request))
    say({ id, ok: ok ?? null })
  } catch (error) {
    if (error instanceof Unsupported) say({ id, unsupported: { reason: error.message } })
    else say({ id, error: verb === 'provisionRegister' ? provisioningErrorOf(error) : errorOf(error) })
  } finally {
    real.clearInterval(beat)
  }
}

process.on('unhandledRejection', (error) => console.error('unhandled', error))
process.on('uncaughtException', (error) => console.error('uncaught', error))
createInterface(process.stdin)
  .on('line', (line) => {
    const request = JSON.parse(line)
    if (request.do !== 'stop') return void perform(request)
    say({ id: request.id, ok: null })
    process.stdout.write('', () => process.exit(0))
  })
  .on('close', () => process.exit(0))
