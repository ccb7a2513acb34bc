import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { HubClock } from '../../base/clock.ts'
import { issueCertificate, makeAuthority, type Authority } from './authority.ts'
import { nameConstraintsDer, permittedNames, permits, shortName } from './name-constraints.ts'

const now = new HubClock().now()
const LIFE = { notBefore: now - 86_400_000, notAfter: now + 86_400_000 }

/** How a client that trusts the authority ends a handshake with a server that has this name. */
async function verdict(authority: Authority, name: string): Promise<string> {
  // As somebody would who has the key alone: the CA of this project issues no such certificate with the address as text.
  const { key, cert } = authority
  const request = { commonName: 'localhost', names: [name], usage: 'server' as const, ...LIFE }
  const leaf = await issueCertificate({ key, cert, permitted: authority.permitted }, request)
  const server = createServer(leaf).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect({
    ...{ port, host: '127.0.0.1', ca: cert, rejectUnauthorized: false },
    checkServerIdentity: () => undefined,
  })
  await once(socket, 'secureConnect')
  const { authorized } = socket
  socket.destroy()
  server.close()
  return authorized ? 'trusted' : 'refused'
}

describe('a CA', () => {
  test('is believed for the names that it permits, and for no other', async () => {
    const permitted = permittedNames(['localhost', 'Hub.example'.toLowerCase(), '10.0.0.7', 'fe80::1'])
    const authority = await makeAuthority({ commonName: 'CA', permitted, ...LIFE })
    for (const name of ['hub.example', 'sub.hub.example', '*.localhost', '127.0.0.1', '127.200.0.9', '::1'])
      expect([name, await verdict(authority, name), permits(permitted, name)]).toEqual([
        name,
        'trusted',
        true,
      ])
    for (const name of ['10.0.0.7', 'fe80::1'])
      expect([name, await verdict(authority, name), permits(permitted, name)]).toEqual([
        name,
        'trusted',
        true,
      ])
    for (const name of [
      'my-hub.azure-devices.net',
      'example',
      'xhub.example',
      '10.0.0.8',
      '8.8.8.8',
      'fe80::2',
    ])
      expect([name, await verdict(authority, name), permits(permitted, name)]).toEqual([
        name,
        'refused',
        false,
      ])
  })
})

test('the extension in DER', () => {
  const der = nameConstraintsDer(['localhost', '10.0.0.7', '2001:db8::ffff']).toString('hex')
  expect(der).toBe(
    '307b' + // NameConstraints
      'a079' + // permittedSubtrees
      ('300b' + '8209' + Buffer.from('localhost').toString('hex')) +
      ('300a' + '8208' + Buffer.from('10.0.0.7').toString('hex')) +
      ('300a' + '8708' + '7f000000' + 'ff000000') +
      ('3022' + '8720' + '00000000000000000000000000000001' + 'ff'.repeat(16)) +
      ('300a' + '8708' + '0a000007' + 'ffffffff') +
      ('3022' + '8720' + '20010db800000000000000000000ffff' + 'ff'.repeat(16)),
  )
})

test.each([
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:DB8::1', '2001:db8::1'],
  ['hub.example', 'hub.example'],
  ['127.0.0.1', '127.0.0.1'],
])('%s is %s in short', (name, short) => {
  expect(shortName(name)).toBe(short)
})
