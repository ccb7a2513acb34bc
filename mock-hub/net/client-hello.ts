/** Reads what a client offers in its TLS handshake: the first record, ClientHello (RFC 8446, section 4.1.2; RFC 5246). */

import type { ClientOffer } from '../core/contract/journal.ts'

const HANDSHAKE = 22
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const MAX_FRAGMENT_LENGTH = 1
const ALPN = 16
const SESSION_TICKET = 35
const SUPPORTED_VERSIONS = 43
/** No ClientHello is larger. */
const LARGEST_HELLO = 65_536
const VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x0300, 'SSLv3'],
  [0x0301, 'TLSv1'],
  [0x0302, 'TLSv1.1'],
  [0x0303, 'TLSv1.2'],
  [0x0304, 'TLSv1.3'],
])

/**
 * @param bytes the first bytes of a connection.
 * @returns `more`: the hello is not complete; undefined: it is no ClientHello.
 */
export function readClientHello(bytes: Buffer): ClientOffer | 'more' | undefined {
  const message = handshakeMessage(bytes)
  if (message === 'more' || message === undefined) return message
  try {
    return offerOf(new Reader(message))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The body of the first handshake message, which may be spread over several records. */
function handshakeMessage(bytes: Buffer): Buffer | 'more' | undefined {
  if (bytes.length > 0 && bytes[0] !== HANDSHAKE) return undefined
  const parts: Buffer[] = []
  let have = 0
  for (let at = 0; at + 5 <= bytes.length;) {
    if (bytes[at] !== HANDSHAKE) return undefined
    const end = at + 5 + bytes.readUInt16BE(at + 3)
    const part = bytes.subarray(at + 5, end)
    parts.push(part)
    have += part.length
    const joined = Buffer.concat(parts)
    if (joined.length >= 4) {
      if (joined[0] !== CLIENT_HELLO) return undefined
      const length = joined.readUIntBE(1, 3)
      if (length > LARGEST_HELLO) return undefined
      if (have >= 4 + length) return joined.subarray(4, 4 + length)
    }
    at = end
  }
  return 'more'
}

/** @throws RangeError when a length points beyond the message. */
function offerOf(reader: Reader): ClientOffer {
  const legacy = reader.number(2)
  reader.take(32)
  reader.take(reader.number(1))
  const suites = numbersOf(reader.take(reader.number(2)), 2)
  reader.take(reader.number(1))
  const extensions = reader.left < 2 ? new Map<number, Buffer>() : extensionsOf(reader.take(reader.number(2)))
  const versions = extensions.get(SUPPORTED_VERSIONS)
  const ticket = extensions.get(SESSION_TICKET)
  const fragment = extensions.get(MAX_FRAGMENT_LENGTH)?.[0]
  return {
    versions: (versions === undefined ? upTo(legacy) : numbersOf(versions.subarray(1), 2))
      .map((version) => VERSIONS.get(version) ?? '')
      .filter((name) => name !== ''),
    suites: suites.map((suite) => `0x${suite.toString(16).padStart(4, '0')}`),
    serverName: nameOf(extensions.get(SERVER_NAME)),
    alpn: alpnOf(extensions.get(ALPN)),
    ...(fragment === undefined ? {} : { maxFragmentLength: 2 ** (8 + fragment) }),
    sessionTicket: ticket !== undefined && ticket.length > 0,
  }
}

/** Before TLS 1.3 a client names the highest version, and whether it takes a lower one shows only in the handshake. */
function upTo(version: number): readonly number[] {
  return [version]
}

function extensionsOf(bytes: Buffer): Map<number, Buffer> {
  const reader = new Reader(bytes)
  const found = new Map<number, Buffer>()
  while (reader.left >= 4) {
    const type = reader.number(2)
    found.set(type, reader.take(reader.number(2)))
  }
  return found
}

function nameOf(bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined || bytes.length < 5) return undefined
  const reader = new Reader(bytes)
  reader.take(3)
  return reader.take(reader.number(2)).toString('latin1')
}

function alpnOf(bytes: Buffer | undefined): readonly string[] {
  if (bytes === undefined || bytes.length < 2) return []
  const reader = new Reader(bytes.subarray(2))
  const names: string[] = []
  while (reader.left > 0) names.push(reader.take(reader.number(1)).toString('latin1'))
  return names
}

function numbersOf(bytes: Buffer, width: number): readonly number[] {
  const found: number[] = []
  for (let at = 0; at + width <= bytes.length; at += width) found.push(bytes.readUIntBE(at, width))
  return found
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  number(width: number): number {
    const value = this.#bytes.readUIntBE(this.#at, width)
    this.#at += width
    return value
  }

  take(length: number): Buffer {
    if (length > this.left) throw new RangeError('a length points beyond the message')
    const from = this.#at
    this.#at += length
    return this.#bytes.subarray(from, this.#at)
  }
}
