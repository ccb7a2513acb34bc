/** Converts values between the Node device SDK and the driver protocol. */

import common from 'azure-iot-common'
import device from 'azure-iot-device'

/** The SDK has no equivalent. */
export class Unsupported extends Error {}

const { errors } = common
/** The kinds of documented exceptions that are closest to the errors of the SDK. */
const KINDS = [
  [errors.UnauthorizedError, 'credential'],
  [errors.NotConnectedError, 'connectionFailed'],
  [errors.OperationCancelledError, 'cancelled'],
  [errors.TimeoutError, 'timeout'],
  [errors.ArgumentError, 'argument'],
  [errors.ArgumentOutOfRangeError, 'argument'],
  [errors.FormatError, 'argument'],
  [errors.MessageTooLargeError, 'argument'],
  [ReferenceError, 'argumentType'],
  [TypeError, 'argumentType'],
  [SyntaxError, 'argument'],
]

export function errorOf(error) {
  const native = { type: error?.name ?? typeof error, message: String(error?.message ?? error) }
  const kind = KINDS.find(([of]) => error instanceof of)?.[1] ?? 'other'
  const status = error?.transportError?.status ?? error?.response?.statusCode ?? error?.statusCode
  if (kind === 'other' && Number.isInteger(status)) return { kind: 'service', status, native }
  return { kind, native }
}

export function messageFrom(given) {
  const body = Buffer.from(given.body, 'base64')
  if (['text', 'bytes', 'number'].includes(given.as)) throw new Unsupported('the SDK takes messages alone')
  if (given.as === 'mapping') return {}
  const message = new device.Message(body)
  for (const name of ['messageId', 'correlationId', 'userId', 'contentType', 'contentEncoding'])
    if (given[name] !== undefined) message[name] = given[name]
  for (const [name, value] of given.properties ?? []) message.properties.add(name, value)
  return message
}

export function messageOf(message) {
  const names = ['messageId', 'correlationId', 'userId', 'contentType', 'contentEncoding', 'inputName']
  const known = names.flatMap((name) =>
    message[name] === undefined || message[name] === '' ? [] : [[name, message[name]]],
  )
  return {
    text: message.data.toString(),
    isBytes: Buffer.isBuffer(message.data),
    ...Object.fromEntries(known),
    properties: Object.fromEntries(message.properties.propertyList.map(({ key, value }) => [key, value])),
  }
}
