/** Devices that are broken in how they connect. */

import { randomBytes } from 'node:crypto'
import { createHmac } from 'node:crypto'
import { broken, type Variant } from './variant.ts'

const never = Infinity

export const CONNECTING: readonly Variant[] = [
  broken('D01', 'dials another port', { port: () => 1 }),
  broken('D02', 'tries a port in clear first', { clearPort: 0 }),
  broken('D03', 'resolves the name once, at start', { resolvesEachTime: false }),
  broken('D04', 'asks DNS in a tight loop', { dnsPauseSeconds: 0.05 }),
  broken(
    'D05',
    'has no time limit for TCP and TLS',
    { handshakeSeconds: never },
    { also: { 'DUT-ROB-05': 'it waits for ever after the same blow' } },
  ),
  broken('D06', 'breaks the handshake off when it is asked for a certificate', { breaksHandshake: true }),
  broken(
    'D07',
    'speaks TLS 1.1 at most',
    {
      tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' },
    },
    { also: { 'DUT-TLS-01': 'no handshake without TLS 1.2' } },
  ),
  broken(
    'D08',
    'offers suites with RSA key exchange only',
    {
      tls: { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:AES256-SHA' },
    },
    { also: { 'DUT-TLS-01': 'no handshake without a suite of the hub' } },
  ),
  broken('D09', 'sends no SNI', { serverName: () => '' }),
  broken('D10', 'does not check the chain', { overlooks: (code) => !/ALTNAME|EXPIRED|NOT_YET/.test(code) }),
  broken('D11', 'does not compare the name', {
    tls: { checkServerIdentity: () => undefined },
  }),
  broken('D12', 'does not look at the dates', { overlooks: (code) => /EXPIRED|NOT_YET/.test(code) }),
  broken('D13', 'never dials again after a bad certificate', { retriesAfterBadCertificate: () => false }),
  broken(
    'D14',
    'pins the leaf',
    { pinsLeaf: true },
    { also: { 'DUT-TLS-04': 'for these suites the hub shows its other leaf, which is not the pinned one' } },
  ),
  broken(
    'D15',
    'has little room for certificates',
    { largestHandshakeBytes: 2_200 },
    { also: { 'DUT-TLS-04': 'the certificates for these suites are larger than its room' } },
  ),
  broken(
    'D16',
    'has 4 KB for what it receives',
    { largestPacket: 4_096 },
    {
      also: {
        'DUT-TWIN-02': 'its twin has grown beyond its room',
        'DUT-METH-01': 'it died of a large packet before',
        'DUT-METH-02': 'it died of a large packet before',
      },
    },
  ),
  broken('D17', 'dials at once after an alert', { pauseAfterAlert: 0.05 }),
  broken(
    'D18',
    'sends a token beside its certificate',
    { passwordBesideCertificate: true },
    { file: { auth: { kind: 'x509' } }, warns: ['DUT-TLS-15'] },
  ),
  broken('D19', 'speaks MQTT 3.1', { protocol: { name: 'MQIsdp', level: 3 } }),
  broken('D20', 'adds a random number to the client id', {
    clientId: (id) => `${id}-${randomBytes(2).toString('hex')}`,
  }),
  broken('D21', 'leaves api-version out and names another host', {
    username: (_host, id) => `other.iot.test/${id}`,
  }),
  broken('D22', 'signs with the key undecoded', {
    token: (resource, key, seconds) => {
      const sr = encodeURIComponent(resource)
      const sig = createHmac('sha256', key)
        .update(`${sr}\n${String(seconds)}`)
        .digest('base64')
      return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${String(seconds)}`
    },
  }),
  broken('D23', 'asks for keep-alive 0', { keepAlive: 0 }, { warns: ['DUT-CONN-05'] }),
  broken(
    'D24',
    'asks for a clean session',
    { clean: () => true },
    { also: { 'DUT-C2D-04': 'what waits for a session goes with it' } },
  ),
  broken(
    'D25',
    'opens the new connection before it closes the old one',
    { overlaps: true, renewsAt: 0.005, tokenSeconds: 3_000 },
    { alsoRuns: ['DUT-PROT-09'] },
  ),
  broken('D26', 'has a will on a free topic', { will: 'goodbye/world' }),
  broken('D27', 'waits for CONNACK for ever', { connackSeconds: never }),
  broken('D28', 'gives up for good at CONNACK 3', { givesUp: (code) => code === 3 }),
  broken('D29', 'dials every 100 ms, whatever comes', { pause: () => 0.1 }),
  broken(
    'D30',
    'stops for ever at CONNACK 5 and after ten failures',
    { givesUp: (code, failures) => code === 5 || failures >= 10 },
    { warns: ['DUT-CONN-13'] },
  ),
]
