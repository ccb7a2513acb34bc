import { parseUtc, utcText } from '../../base/time-text.ts'
import type { Identity } from '../contract/identity.ts'
import type { Message, SystemProperties } from '../contract/message.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'

/** The limit is on body and properties together. @throws HubError MessageTooLarge. */
export function checkC2dSize({ body, properties }: Message, limit: number): void {
  let bytes = body.length
  for (const [name, value] of Object.entries(properties))
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value ?? '')
  if (bytes <= limit) return
  throw new HubError({
    kind: 'MessageTooLarge',
    rule: 'WIRE-C2D-16',
    expected: `a message of at most ${String(limit)} bytes with its properties`,
    received: `${String(bytes)} bytes`,
  })
}

/**
 * The expiry that the sender gave.
 * @param now epoch ms.
 * @param toleranceMs how long an expiry may have passed, in ms: the clocks of the sender and the hub differ.
 * @returns epoch ms; undefined: the sender gave none.
 * @throws HubError ArgumentInvalid, InvalidMessageExpiryTime.
 */
export function expiryOf(
  { expiryTimeUtc }: SystemProperties,
  now: number,
  toleranceMs: number,
): number | undefined {
  if (expiryTimeUtc === undefined || expiryTimeUtc === '') return undefined
  const expiresAt = parseUtc(expiryTimeUtc)
  if (expiresAt === undefined)
    throw new HubError({
      kind: 'ArgumentInvalid',
      rule: 'WIRE-C2D-15',
      expected: 'an expiry in ISO 8601',
      received: quoted(expiryTimeUtc),
    })
  if (expiresAt + toleranceMs >= now) return expiresAt
  throw new HubError({
    kind: 'InvalidMessageExpiryTime',
    rule: 'c2d-expiry-long-past',
    expected: `an expiry no more than ${String(toleranceMs / 1000)} s before ${utcText(now)}, the hub's clock`,
    received: utcText(expiresAt),
  })
}

/** The message with its address, as the sender wrote it if it did, and with its expiry as clients read it. */
export function stamped(target: Identity, message: Message, expiresAt: number | undefined): Message {
  const { system } = message
  return {
    body: message.body,
    properties: message.properties,
    system: {
      ...system,
      to: system.to ?? `/${pathOf(target)}/messages/devicebound`,
      ...(expiresAt === undefined ? {} : { expiryTimeUtc: utcText(expiresAt) }),
    },
  }
}

function pathOf({ deviceId, moduleId }: Identity): string {
  return moduleId === undefined ? `devices/${deviceId}` : `devices/${deviceId}/modules/${moduleId}`
}
