/**
 * The names that an authority may issue certificates for (RFC 5280, 4.2.1.10): whoever steals the key of a hub's CA can
 * impersonate the hub and loopback, and nothing else.
 */

import { isIPv4, isIPv6 } from 'node:net'

/** OID of the extension. */
export const NAME_CONSTRAINTS = '2.5.29.30'

/**
 * Addresses whose text an authority permits as a DNS name: mbedTLS before 3.5 compares no addresses and looks for the
 * text among the DNS names. One for each hub that runs beside others on a loopback address of its own.
 */
const LOOPBACK_TEXTS: readonly string[] = Array.from({ length: 32 }, (_, at) => `127.0.0.${String(at + 1)}`)

/** The names that an authority for these names permits: a name permits its sub-domains as well. */
export function permittedNames(names: readonly string[]): readonly string[] {
  return [...new Set([...names.map((name) => name.replace(/^\*\./, '')), ...LOOPBACK_TEXTS])].sort()
}

/** Whether an authority that permits some names may issue a certificate for another. */
export function permits(permitted: readonly string[], name: string): boolean {
  if (isLoopbackAddress(name)) return true
  const plain = name.replace(/^\*\./, '')
  return permitted.some((one) => plain === one || (!isAddress(one) && plain.endsWith(`.${one}`)))
}

/** Whether the text of an address may be among the DNS names of a certificate. */
export function permitsText(permitted: readonly string[], address: string): boolean {
  return permitted.includes(address)
}

/** An IPv6 address in its one short form (`::` at most once, no dotted end); other names as they are. */
export function shortName(name: string): string {
  return isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name
}

/** The value of the extension, in DER: DNS names, all of loopback, and the other addresses one by one. */
export function nameConstraintsDer(permitted: readonly string[]): Buffer {
  const bases = [
    ...permitted.filter((name) => !isIPv6(name)).map((name) => tlv(DNS_NAME, Buffer.from(name, 'latin1'))),
    tlv(IP_ADDRESS, Buffer.from([127, 0, 0, 0, 255, 0, 0, 0])),
    ...[...new Set(['::1', ...permitted.filter(isAddress)])]
      .filter((name) => name === '::1' || !isLoopbackAddress(name))
      .map((address) => {
        const bytes = addressBytes(address)
        return tlv(IP_ADDRESS, Buffer.concat([bytes, Buffer.alloc(bytes.length, 0xff)]))
      }),
  ]
  const subtrees = bases.map((base) => tlv(SEQUENCE, base))
  return tlv(SEQUENCE, tlv(PERMITTED_SUBTREES, Buffer.concat(subtrees)))
}

const SEQUENCE = 0x30
const PERMITTED_SUBTREES = 0xa0
const DNS_NAME = 0x82
const IP_ADDRESS = 0x87

/** One DER value of at most 65535 bytes. */
function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), value])
}

function isAddress(name: string): boolean {
  return isIPv4(name) || isIPv6(name)
}

function isLoopbackAddress(name: string): boolean {
  return (isIPv4(name) && name.startsWith('127.')) || shortName(name) === '::1'
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = shortName(address).split('::')
  const groups = (text: string | undefined): string[] =>
    text === undefined || text === '' ? [] : text.split(':')
  const before = groups(head)
  const after = groups(tail)
  const middle = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const words = [...before, ...middle, ...after].map((word) => Number.parseInt(word, 16))
  return Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]))
}
