import { timeSpan } from '../../base/time-text.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import { HubError } from '../errors/hub-error.ts'

/** Since 2020; a call that waited for its device has the older text of the catalogue. */
const NOT_ONLINE =
  "The operation failed because the requested device isn't online or hasn't registered the direct method callback. To learn more, see https://aka.ms/iothub404103"

/** No device connected in time, or it has not subscribed to methods. */
export function notOnline(seconds: number): HubError {
  return new HubError({
    kind: 'DeviceNotOnline',
    message: seconds === 0 ? NOT_ONLINE : undefined,
    rule: seconds === 0 ? 'WIRE-METH-13' : 'WIRE-METH-15',
    expected: 'a device that is connected and subscribed to methods',
    received: `none within ${String(seconds)} s`,
    info: { timeout: timeSpan(seconds) },
  })
}

/** The device did not respond in time. */
export function noResponse(seconds: number): HubError {
  return new HubError({
    kind: 'GatewayTimeout',
    rule: 'WIRE-METH-16',
    expected: `a response of the device within ${String(seconds)} s`,
    received: 'none',
    info: {},
  })
}

/** The link was closed before the device responded. */
export function unavailable(): HubError {
  return new HubError({
    kind: 'DeviceNotOnline',
    message: 'Device unavailable',
    rule: 'WIRE-METH-17',
    expected: 'the device to stay connected until it has responded',
    received: 'its link was closed',
  })
}

/** A newer link of the device took over. */
export function displaced(): HubError {
  return new HubError({
    kind: 'ConnectionForcefullyClosedOnNewConnection',
    rule: 'WIRE-CONN-28',
    expected: 'the device to stay connected until it has responded',
    received: 'a newer link of the same device took over',
  })
}

/** The target was deleted during the call. */
export function deletedMeanwhile(identity: Identity): HubError {
  return new HubError({
    kind: identity.moduleId === undefined ? 'DeviceNotFound' : 'ModuleNotFound',
    rule: identity.moduleId === undefined ? 'WIRE-METH-18' : 'WIRE-METH-20',
    expected: 'a registered identity',
    received: `${identityKey(identity)}, which was deleted during the call`,
  })
}

/** The caller did not wait. */
export function callerGone(): HubError {
  return new HubError({
    kind: 'ClientClosedRequest',
    rule: 'WIRE-METH-16',
    expected: 'the caller to wait for the response',
    received: 'a caller that closed the connection',
  })
}
