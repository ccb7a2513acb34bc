/** Thirty broken clients. */

import { type Mutant, mutant } from './mutant.ts'

const at = (path: string): string => `reference-client/${path}`

export const CLIENTS: readonly Mutant[] = [
  mutant(
    'C01',
    'accepts a certificate of an unknown authority',
    at('net/open-socket.ts'),
    '        secureContext: dial.secureContext,\n',
    '        secureContext: dial.secureContext,\n        rejectUnauthorized: false,\n',
  ),
  mutant(
    'C02',
    'accepts a certificate for another host name',
    at('net/open-socket.ts'),
    '        secureContext: dial.secureContext,\n',
    '        secureContext: dial.secureContext,\n        checkServerIdentity: () => undefined,\n',
  ),
  mutant(
    'C03',
    'names no server in the TLS handshake',
    at('net/open-socket.ts'),
    '...(isIP(dial.host) === 0 ? { servername: dial.host } : {}),',
    '',
  ),
  mutant(
    'C04',
    'never renews its token',
    at('auth/renewal.ts'),
    'const { expiresAt } = this.#credentials',
    'const expiresAt = undefined as number | undefined',
  ),
  mutant(
    'C05',
    'renews when the token expires',
    at('auth/renewal.ts'),
    'const MARGIN_S = 120',
    'const MARGIN_S = 0',
  ),
  mutant(
    'C06',
    'renews in time and shows the old token',
    at('auth/shared-access-key.ts'),
    'this.sasToken = formatSasToken',
    'this.sasToken ||= formatSasToken',
  ),
  {
    id: 'C07',
    what: 'writes the expiry in milliseconds',
    edits: [
      {
        file: at('auth/sas-token.ts'),
        find: '`${resource}\\n${expiresAt}`',
        replace: '`${resource}\\n${expiresAt * 1000}`',
      },
      { file: at('auth/sas-token.ts'), find: '&se=${expiresAt}`', replace: '&se=${expiresAt * 1000}`' },
    ],
  },
  mutant(
    'C08',
    'does not encode the signature',
    at('auth/sas-token.ts'),
    '&sig=${percentEncode(signature)}',
    '&sig=${signature}',
  ),
  mutant(
    'C09',
    'signs the scope of the device for a module',
    at('auth/sas-token.ts'),
    "moduleId === undefined ? '' : `/modules/${moduleId}`",
    "moduleId === undefined ? '' : ''",
  ),
  mutant(
    'C10',
    'uses the client id of the device for a module',
    at('mqtt/connect-username.ts'),
    'return moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`',
    'return moduleId === undefined ? deviceId : deviceId',
  ),
  mutant(
    'C11',
    'leaves the api-version out',
    at('mqtt/connect-username.ts'),
    '/?${query}`',
    '/?${query.slice(0, 0)}`',
  ),
  mutant(
    'C12',
    'publishes with QoS 0 and reports success',
    at('mqtt/transport.ts'),
    '    this.#inFlight.set(packetId, acknowledged)\n',
    '    this.#inFlight.set(packetId, acknowledged)\n    if (!dup) {\n      this.#client?.publish(topic, payload as string, { qos: 0 }, acknowledged)\n      return\n    }\n',
  ),
  mutant(
    'C13',
    'reports success before the acknowledgement',
    at('connection/outbox.ts'),
    '    link.publish(packetId, publication.topic, publication.payload, dup, () => {',
    '    publication.delivered()\n    link.publish(packetId, publication.topic, publication.payload, dup, () => {',
  ),
  mutant(
    'C14',
    'sends again as a new message with a new packet id',
    at('connection/outbox.ts'),
    'for (const sent of this.#sent.values()) this.#transmit(link, sent, true)',
    'for (const sent of [...this.#sent.values()]) {\n      this.#sent.delete(sent.packetId)\n      this.#send(link, sent.publication)\n    }',
  ),
  mutant(
    'C15',
    'drops what was under way when the link was lost',
    at('connection/outbox.ts'),
    '  detach(): void {\n    this.#link = undefined\n',
    '  detach(): void {\n    this.#link = undefined\n    this.#sent.clear()\n',
  ),
  mutant(
    'C16',
    'does not encode properties',
    at('mqtt/property-bag.ts'),
    '`${percentEncode(name)}=${percentEncode(String(value))}`',
    '`${name}=${String(value)}`',
  ),
  mutant(
    'C17',
    'takes an empty property for none',
    at('mqtt/property-bag.ts'),
    "if (pair === '') continue",
    "if (pair === '' || pair.endsWith('=')) continue",
  ),
  mutant(
    'C18',
    'does not acknowledge messages',
    at('mqtt/transport.ts'),
    '    this.#client = client\n',
    '    this.#client = client\n    client.handleMessage = () => undefined\n',
  ),
  {
    id: 'C19',
    what: 'does not restore its subscriptions',
    edits: [
      { file: at('mqtt/transport.ts'), find: '      clean: false,\n', replace: '      clean: true,\n' },
      {
        file: at('connection/subscriptions.ts'),
        find: 'for (const filter of this.#acknowledged) link.subscribe(filter, ignore)',
        replace: '// nothing',
      },
    ],
  },
  mutant(
    'C20',
    'misses desired properties that changed while it was away',
    at('capabilities/desired-refresh.ts'),
    "if (this.#armed) void this.#read('deliver')",
    '// nothing',
  ),
  mutant(
    'C21',
    'applies desired properties whatever their version',
    at('capabilities/desired-refresh.ts'),
    "purpose === 'deliver' && desired.$version !== before",
    "purpose === 'deliver' && before !== null",
  ),
  mutant(
    'C22',
    'drops the nulls of a patch',
    at('capabilities/twin.ts'),
    'jsonOf(patch), scope)',
    'jsonOf(JSON.parse(JSON.stringify(patch, (_name, value) => value ?? undefined))), scope)',
  ),
  mutant(
    'C23',
    'takes whatever twin response comes first',
    at('connection/requests.ts'),
    '    const pending = this.#pending.get(requestId)\n',
    '    requestId = [...this.#pending.keys()][0] ?? requestId\n    const pending = this.#pending.get(requestId)\n',
  ),
  mutant(
    'C24',
    'takes any status of a twin response for success',
    at('capabilities/twin.ts'),
    'if (response.status >= 300) throw refusal(response)',
    'if (response.status >= 3000) throw refusal(response)',
  ),
  {
    id: 'C25',
    what: 'answers the newest method request, whichever is meant',
    edits: [
      {
        file: at('capabilities/methods.ts'),
        find: '/** An empty payload is `null`. @throws Error when the payload is not JSON. */',
        replace: "let newest = ''\n",
      },
      {
        file: at('capabilities/methods.ts'),
        find: "  const text = payload.toString('utf8')\n",
        replace: "  newest = requestId\n  const text = payload.toString('utf8')\n",
      },
      {
        file: at('capabilities/methods.ts'),
        find: 'methodResponseTopic(requestId, status)',
        replace: 'methodResponseTopic(newest === requestId ? requestId : newest, status)',
      },
    ],
  },
  {
    id: 'C26',
    what: 'answers no method request after a handler has failed',
    edits: [
      {
        file: at('core/handler-runner.ts'),
        find: '    } catch (cause) {\n',
        replace: '    } catch (cause) {\n      Object.assign(globalThis, { handlerFailed: true })\n',
      },
      {
        file: at('capabilities/methods.ts'),
        find: '  const { requestId, status, payload } = response\n',
        replace:
          "  const { requestId, status, payload } = response\n  if ('handlerFailed' in globalThis) return Promise.resolve()\n",
      },
    ],
  },
  mutant(
    'C27',
    'tries again without a pause',
    at('connection/machine.ts'),
    "{ type: 'pause', epoch: state.epoch, first: false }",
    "{ type: 'pause', epoch: state.epoch, first: true }",
  ),
  mutant(
    'C28',
    'never gives up, whatever the refusal',
    at('connection/machine.ts'),
    "(state.retry === 'reconnect' && !final)",
    "(state.retry === 'reconnect' && (final || !final))",
  ),
  {
    id: 'C29',
    what: 'reconnects by itself after disconnect and shutdown',
    edits: [
      {
        file: at('connection/machine.ts'),
        find: "      { type: state.permanent ? 'stopped' : 'disconnected', epoch: state.epoch },\n      [\n",
        replace:
          "      { type: 'connecting', epoch: state.epoch + 1, tickets: [], retry: 'reconnect', queue: [] },\n      [\n        { type: 'dial', epoch: state.epoch + 1 },\n",
      },
    ],
  },
  mutant(
    'C30',
    'does not notice a dead peer',
    at('mqtt/keep-alive.ts'),
    'const TICKS = [1, 2, 4]',
    'const TICKS = [1, 2, Infinity]',
  ),
]
