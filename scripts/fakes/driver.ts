/**
 * Fake clients for `scripts/fakes/main.ts`, behind the driver protocol: `null` never connects, `liar` reports success for
 * everything and opens no socket, `parrot` connects and does nothing else; see `strangers.ts` for the others. Started as
 * `driver.ts NAME`.
 */

import { createHmac } from 'node:crypto'
import { createInterface } from 'node:readline'
import { connect, type MqttClient } from 'mqtt'
import type { DriverReply, DriverRequest } from '../../step-definitions/driver/client-driver.ts'
import { HELLO } from '../../step-definitions/driver/reference-driver.ts'
import { Stranger, STRANGERS } from './strangers.ts'

type Answer = (request: DriverRequest) => DriverReply | Promise<DriverReply>

const YES: DriverReply = { ok: null }
/** Replies to requests for the connection state. */
const CONNECTED = { connected: true, handlers: [] }

const clients = new Map<
  string,
  { readonly create: Extract<DriverRequest, { do: 'create' }>; mqtt?: MqttClient }
>()

const ANSWERS: Readonly<Record<string, Answer>> = {
  null: ({ do: verb }) =>
    verb === 'create' || verb === 'destroy'
      ? YES
      : { error: { kind: 'other', native: { type: 'None', message: 'it does nothing' } } },
  liar: ({ do: verb }) => (verb === 'state' ? { ok: CONNECTED } : YES),
  async parrot(request) {
    switch (request.do) {
      case 'create':
        clients.set(request.session, { create: request })
        return YES
      case 'connect':
        return open(request.session)
      case 'destroy':
      case 'disconnect':
        await clients.get(request.session)?.mqtt?.endAsync(true)
        return YES
      case 'state':
        return { ok: { ...CONNECTED, connected: clients.get(request.session)?.mqtt?.connected === true } }
      default:
        return YES
    }
  },
}

/** Connects as documented, from a connection string; reports success for everything else. */
async function open(session: string): Promise<DriverReply> {
  const client = clients.get(session)
  const { arguments: given, options, endpoint, factory } = client?.create ?? {}
  const text = given?.['connectionString']
  const trusted = options?.['serverVerificationCert']
  if (client === undefined || factory !== 'connectionString' || typeof text !== 'string') return YES
  const parts = Object.fromEntries(text.split(';').map((part) => part.split(/=(.*)/s).slice(0, 2))) as Record<
    string,
    string
  >
  const { HostName = '', DeviceId = '', ModuleId, SharedAccessKey = '' } = parts
  const path = ModuleId === undefined ? DeviceId : `${DeviceId}/modules/${ModuleId}`
  const clientId = ModuleId === undefined ? DeviceId : `${DeviceId}/${ModuleId}`
  const resource = encodeURIComponent(`${HostName}/devices/${path}`)
  const expiry = String(Math.floor(now / 1_000) + 3_600)
  const signature = createHmac('sha256', Buffer.from(SharedAccessKey, 'base64')).update(
    `${resource}\n${expiry}`,
  )
  const sig = encodeURIComponent(signature.digest('base64'))
  const mqtt = connect({
    protocol: 'mqtts',
    host: endpoint?.host ?? '',
    port: endpoint?.mqttPort ?? 0,
    servername: HostName,
    ca: typeof trusted === 'string' ? trusted : '',
    clientId,
    username: `${HostName}/${clientId}/?api-version=2021-04-12`,
    password: `SharedAccessSignature sr=${resource}&sig=${sig}&se=${expiry}`,
    reconnectPeriod: 0,
  })
  client.mqtt = mqtt
  mqtt.on('error', () => undefined)
  await new Promise<void>((resolve) => {
    const over = (): void => {
      resolve()
    }
    mqtt.once('connect', over).once('close', over)
  })
  return YES
}

const name = process.argv[2] ?? ''
const print = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
const stranger = STRANGERS.includes(name) ? new Stranger(name, print) : undefined
const answer = stranger === undefined ? ANSWERS[name] : (request: DriverRequest) => stranger.request(request)
if (answer === undefined)
  throw new Error(`the clients are ${[...Object.keys(ANSWERS), ...STRANGERS].join(', ')}, got ${name}`)
/** The suite's time. */
let now = 0

createInterface(process.stdin).on('line', (line) => {
  const { id, ...request } = JSON.parse(line) as DriverRequest & { readonly id: number }
  const say = (reply: DriverReply): void => {
    print({ id, ...reply })
  }
  if (request.do === 'hello') say({ ok: { ...HELLO, clock: 'virtual' } })
  else if (request.do === 'advance') {
    now = request.now
    if (stranger === undefined) say({ ok: { next: null } })
    else
      void stranger.advance(now).then((next) => {
        say({ ok: { next: next ?? null } })
      })
  } else if (request.do === 'stop') {
    say(YES)
    process.exit(0)
  } else void Promise.resolve(answer(request)).then(say)
})
