/** Thirty broken hubs. */

import { type Mutant, mutant } from './mutant.ts'

const at = (path: string): string => `mock-hub/${path}`

export const HUBS: readonly Mutant[] = [
  mutant(
    'H01',
    'accepts an expired token',
    at('core/authentication.ts'),
    'if (lateMs <= settings.clockSkewSeconds * 1000) return',
    'if (lateMs <= settings.clockSkewSeconds * 1e9) return',
  ),
  mutant(
    'H02',
    'never looks at the expiry of a token again',
    at('core/sessions.ts'),
    'if (ms < NEVER_MS) this.#cancelWatch',
    'if (ms < -NEVER_MS) this.#cancelWatch',
  ),
  mutant(
    'H03',
    'accepts any signature',
    at('core/sas-token.ts'),
    'given.length === wanted.length && timingSafeEqual(given, wanted)',
    'given.length === wanted.length || timingSafeEqual(given, wanted)',
  ),
  mutant(
    'H04',
    'lets the token of one device open another',
    at('core/authentication.ts'),
    'if (given[index] !== path[index]) return false',
    'if (given[0] !== path[0]) return false',
  ),
  mutant(
    'H05',
    'knows the primary key only',
    at('core/authentication.ts'),
    '(secondaryKey !== null && isSignedWith(token, secondaryKey))',
    "(secondaryKey === '' && isSignedWith(token, secondaryKey))",
  ),
  {
    id: 'H06',
    what: 'lets disabled devices in',
    edits: [
      {
        file: at('core/authentication.ts'),
        find: "if (device.status === 'enabled' && record.status === 'enabled') return",
        replace: "if (device.status !== 'unknown') return",
      },
      {
        file: at('core/sessions.ts'),
        find: "if (record.status === 'disabled' || device?.status === 'disabled')",
        replace: "if (record.status === 'unknown')",
      },
    ],
  },
  mutant(
    'H07',
    'keeps the link of a device that is disabled',
    at('core/sessions.ts'),
    "if (session !== undefined) this.#hangUp(session, 'identity-disabled')",
    '// nothing',
  ),
  mutant(
    'H08',
    'answers a refused credential with return code 4',
    at('mqtt/refusals.ts'),
    'return error.status === 429 || error.status >= 500 ? 3 : 5',
    'return error.status === 429 || error.status >= 500 ? 3 : 4',
  ),
  {
    id: 'H09',
    what: 'keeps both connections of an identity',
    edits: [
      {
        file: at('core/sessions.ts'),
        find: "if (older !== undefined) this.#hangUp(older, 'taken-over')",
        replace: 'void older',
      },
      {
        file: at('mqtt/connection.ts'),
        find: "        before.close('taken-over')\n        await before.gone\n",
        replace: '',
      },
      {
        file: at('mqtt/connection.ts'),
        find: "    this.#resolveGone()\n    this.close('refused')\n",
        replace: '    this.#resolveGone()\n',
      },
    ],
  },
  mutant(
    'H10',
    'turns the newer connection of an identity away',
    at('mqtt/connection.ts'),
    '      if (before !== undefined) {\n',
    '      if (before !== undefined) return 5\n      if (before !== undefined) {\n',
  ),
  mutant(
    'H11',
    'accepts a publish with QoS 2',
    at('mqtt/exchange.ts'),
    '    if (qos === 2) {\n',
    '    if (qos > 3) {\n',
  ),
  mutant(
    'H12',
    'does not mark retained messages',
    at('mqtt/telemetry-path.ts'),
    'if (!retain) return { body',
    'if (retain || !retain) return { body',
  ),
  mutant(
    'H13',
    'takes a publish to any topic',
    at('mqtt/exchange.ts'),
    "    if (request === undefined || request.type === 'telemetry') {\n",
    "    if (request === undefined) {\n      if (packetId !== 0) this.#port.puback(packetId)\n      return undefined\n    }\n    if (request.type === 'telemetry') {\n",
  ),
  mutant(
    'H14',
    'takes telemetry in the name of another device',
    at('mqtt/exchange.ts'),
    "    if (request === undefined || request.type === 'telemetry') {\n",
    "    if (request?.type === 'telemetry') {\n      if (packetId !== 0) this.#port.puback(packetId)\n      return undefined\n    }\n    if (request === undefined) {\n",
  ),
  mutant(
    'H15',
    'loses the system properties of a message',
    at('mqtt/telemetry-path.ts'),
    'if (!retain) return { body, system: bag.system,',
    'if (!retain) return { body, system: {},',
  ),
  mutant(
    'H16',
    'decodes properties twice',
    at('mqtt/property-bag.ts'),
    '    return decodeURIComponent(text)\n',
    '    return decodeURIComponent(decodeURIComponent(text))\n',
  ),
  mutant(
    'H17',
    'takes a message of a byte more than 256 KB',
    at('core/settings.ts'),
    '  maxTelemetryBytes: 262_144,\n',
    '  maxTelemetryBytes: 262_145,\n',
  ),
  mutant(
    'H18',
    'acknowledges a message and loses it',
    at('mqtt/exchange.ts'),
    "      outcome = this.hub.perform(this.caller, 'telemetry', { message })\n",
    '      outcome = message === undefined ? this.hub.stop() : undefined\n',
  ),
  mutant(
    'H19',
    'publishes the will after DISCONNECT too',
    at('mqtt/connection.ts'),
    "        this.#graceful = true\n        this.#end('disconnect')\n",
    "        this.#exchange?.publishWill()\n        this.#graceful = true\n        this.#end('disconnect')\n",
  ),
  mutant(
    'H20',
    'waits for ever for a silent client',
    at('mqtt/keep-alive.ts'),
    'this.#limitMs = Math.min(',
    'this.#limitMs = 1e6 * Math.min(',
  ),
  mutant(
    'H21',
    'forgets the subscriptions of a persistent session',
    at('mqtt/exchange.ts'),
    'if (filter !== undefined) this.subscriptions.put(text, filter, qos === 0 ? 0 : 1)\n  }\n\n  /** The device has acknowledged',
    'void qos\n  }\n\n  /** The device has acknowledged',
  ),
  mutant(
    'H22',
    'keeps the session of a client that asks for a clean one',
    at('mqtt/packets.ts'),
    '  copy.writeUInt16BE(0, keepAliveAt)\n',
    '  copy.writeUInt16BE(0, keepAliveAt)\n  copy.writeUInt8(copy.readUInt8(keepAliveAt - 1) & 0xfd, keepAliveAt - 1)\n',
  ),
  mutant(
    'H23',
    'sends an acknowledged message again',
    at('mqtt/exchange.ts'),
    '    this.#port.out.acknowledged(packetId)\n',
    '    void packetId\n',
  ),
  mutant(
    'H24',
    'ignores the expiry of cloud-to-device messages',
    at('core/c2d.ts'),
    "if (waits) this.#finish(target, entry, 'Expired')",
    'void waits',
  ),
  mutant(
    'H25',
    'does not raise the version of a twin',
    at('core/twins.ts'),
    '    const next = version + 1\n    const stamp',
    '    const next = version\n    const stamp',
  ),
  mutant(
    'H26',
    'does not remove what a patch sets to null',
    at('core/merge-patch.ts'),
    '      properties.delete(key)\n',
    '      properties.set(key, null)\n',
  ),
  mutant(
    'H27',
    'answers 204 to a patch that is none',
    at('core/twins.ts'),
    '    checkPatch(name, patch)\n',
    '',
  ),
  mutant(
    'H28',
    'tells a device all of its desired properties instead of the patch',
    at('core/twins.ts'),
    'const told = asked ?? nulled(desired.properties)',
    'const told = newDesired.properties',
  ),
  mutant(
    'H29',
    'tells the caller of success when the device has not answered',
    at('core/methods.ts'),
    '      pending.settle(noAnswer(pending.responseTimeoutSeconds))\n',
    '      pending.settle({ status: 200, payload: null })\n',
  ),
  {
    id: 'H30',
    what: 'gives a late answer to the next caller',
    edits: [
      {
        file: at('core/methods.ts'),
        find: '    const pending = this.#pending.get(requestId)\n    if (pending?.link === undefined || pending.key',
        replace:
          '    const pending = this.#pending.get(requestId)\n    if (pending === undefined) Object.assign(globalThis, { lateAnswer: { status, payload } })\n    if (pending?.link === undefined || pending.key',
      },
      {
        file: at('core/methods.ts'),
        find: '    link.requestMethod(requestId, methodName, payload)\n',
        replace:
          "    link.requestMethod(requestId, methodName, payload)\n    if ('lateAnswer' in globalThis) pending.settle(globalThis.lateAnswer as MethodResult)\n",
      },
    ],
  },
]
