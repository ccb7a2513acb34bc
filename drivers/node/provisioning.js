/**
 * The official Node provisioning client (azure-iot-provisioning-device over azure-iot-provisioning-device-mqtt) behind the
 * verbs `provisionCreate` and `provisionRegister`.
 */

import { readFileSync } from 'node:fs'
import tls from 'node:tls'
import provisioning from 'azure-iot-provisioning-device'
import transports from 'azure-iot-provisioning-device-mqtt'
import symmetric from 'azure-iot-security-symmetric-key'
import x509 from 'azure-iot-security-x509'
import { errorOf, Unsupported } from './values.js'
import { real } from './virtual-time.js'

const clients = new Map()

/**
 * The SDK has no option for roots: it trusts those of NODE_EXTRA_CA_CERTS, which Node reads at its start, and each scenario
 * has its own root. What this driver claims leaves the option out (`provisioning.tls`).
 */
let roots
const connect = tls.connect
tls.connect = (first, ...rest) =>
  roots === undefined || typeof first !== 'object' || first.ca !== undefined
    ? connect(first, ...rest)
    : connect({ ...first, ca: roots }, ...rest)

export function provisionCreate({ session, factory, arguments: given, options }) {
  const { serverVerificationCert, websockets, ...foreign } = options
  const [name] = Object.keys(foreign)
  if (name !== undefined)
    throw new Unsupported(`the provisioning client of the SDK has no option like ${name}`)
  roots = serverVerificationCert
  const { provisioningHost, registrationId, idScope } = given
  const transport = new (websockets ? transports.MqttWs : transports.Mqtt)()
  const client = provisioning.ProvisioningDeviceClient.create(
    provisioningHost,
    idScope,
    transport,
    factory === 'symmetricKey'
      ? new symmetric.SymmetricKeySecurityClient(registrationId, given.symmetricKey)
      : new x509.X509Security(registrationId, pairOf(given.x509)),
  )
  clients.set(session, client)
}

function pairOf({ certFile, keyFile, passPhrase }) {
  const pair = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
  return passPhrase === undefined ? pair : { ...pair, passphrase: passPhrase }
}

/** The SDK gives the state of the registration, and not the operation around it. */
export async function provisionRegister({ session, payload }) {
  const client = clients.get(session)
  if (client === undefined) throw new Error(`There is no session ${session}`)
  if (payload !== undefined) client.setProvisioningPayload(payload)
  const state = await client.register()
  return {
    status: state.status,
    registrationState: {
      deviceId: state.deviceId,
      assignedHub: state.assignedHub,
      subStatus: state.substatus,
      createdDateTime: state.createdDateTimeUtc,
      lastUpdateDateTime: state.lastUpdatedDateTimeUtc,
      etag: state.etag,
      responsePayload: JSON.stringify(state.payload ?? null),
    },
  }
}

/** How long an end may take, in milliseconds of the system clock. */
const END_MS = 1_000

/** `cancel` leaves the timer of the next poll armed, so the state machine below is ended. @returns whether it was one of these. */
export async function endProvisioning(session) {
  const client = clients.get(session)
  if (client === undefined) return false
  clients.delete(session)
  await new Promise((resolve) => {
    const late = real.setInterval(() => {
      real.clearInterval(late)
      resolve()
    }, END_MS)
    client._pollingStateMachine.disconnect(() => {
      real.clearInterval(late)
      resolve()
    })
  })
  return true
}

/** This client has its own copy of the error classes, and passes on what mqtt.js and the sockets report. */
const BY_NAME = new Map([
  ['TimeoutError', 'timeout'],
  ['OperationCancelledError', 'cancelled'],
  ['InvalidOperationError', 'clientInternal'],
  ['ProvisioningRegistrationFailedError', 'clientInternal'],
  ['DeviceRegistrationFailedError', 'clientInternal'],
])
/** Return codes of CONNACK, and codes of sockets. */
const BY_CODE = new Map([
  [3, 'connectionFailed'],
  [4, 'credential'],
  [5, 'credential'],
  ['ECONNRESET', 'connectionFailed'],
  ['ECONNREFUSED', 'connectionFailed'],
])

/** An error of the provisioning client; one with the body of an answer is about that answer. */
export function provisioningErrorOf(error) {
  const described = errorOf(error)
  const status = Math.floor(error?.result?.errorCode / 1000)
  if (status > 0) return { kind: 'service', status, native: described.native }
  const kind = BY_NAME.get(error?.name) ?? BY_CODE.get(error?.code)
  // The SDK tells an end other than "assigned" or "failed" by a SyntaxError.
  const ended = error?.result?.status === undefined ? undefined : 'clientInternal'
  return { ...described, kind: kind ?? ended ?? described.kind }
}
