/** The hub at a glance, and how to connect to it. */

import { useState } from 'preact/hooks'
import { Badge, Button, Card, Choice, Copy, Empty, Tile } from '../parts/basics.tsx'
import { Plot } from '../parts/plot.tsx'
import { call, pathOf } from '../lib/api.ts'
import { about, rates, status, type Rate } from '../lib/hub.ts'
import { lineOf } from '../lib/entry.ts'
import { hrefOf } from '../lib/route.ts'
import { clockText, counted, quoted, quotedForJvm, shortNumber, spanText } from '../lib/text.ts'
import type { About, Entry, IdentityDocument, Status } from '../lib/types.ts'
import { useAsked, useJournal } from '../lib/use-journal.ts'
import { useValue } from '../lib/value.ts'

export function OverviewPage() {
  const hub = useValue(about)
  const now = useValue(status)
  const seen = useValue(rates)
  const rate = seen.at(-1)
  return (
    <>
      <h1>Overview</h1>
      <div class="tiles">
        <Tile
          label="Connected devices"
          value={now?.devices.connected ?? '–'}
          note={now && `of ${String(now.devices.total)}, ${counted(now.devices.modules, 'module')}`}
          href={hrefOf('devices')}
          tone={(now?.devices.connected ?? 0) > 0 ? 'good' : 'plain'}
        />
        <Tile
          label="Messages a second"
          value={rate === undefined ? '–' : shortNumber(rate.messages)}
          note="to and from devices"
        />
        <Tile
          label="Refusals"
          value={now?.totals.refusals ?? '–'}
          note="with their reasons"
          href={hrefOf('explain')}
          tone={(now?.totals.refusals ?? 0) > 0 ? 'bad' : 'plain'}
        />
        <Tile
          label="Armed faults"
          value={now?.faults.armed ?? '–'}
          note={now && `${String(now.totals.faultsFired)} fired`}
          href={hrefOf('faults')}
          tone={(now?.faults.armed ?? 0) > 0 ? 'warn' : 'plain'}
        />
        <Tile
          label="Clock"
          value={now === undefined ? '–' : clockText(now.clock.now).slice(0, 8)}
          note={now && clockNote(now)}
          href={hrefOf('clock')}
        />
      </div>
      <div class="columns">
        <div class="stack">
          <Card title="Messages a second">
            <Rates seen={seen} />
          </Card>
          {now === undefined ? null : <Activity seq={now.journal.seq} />}
        </div>
        <div class="stack">
          <Card title="Hub">{hub === undefined ? null : <HubFacts hub={hub} now={now} />}</Card>
          {hub === undefined ? null : <Connect hub={hub} devices={now?.devices.total ?? 0} />}
        </div>
      </div>
    </>
  )
}

function clockNote({ clock: { frozen, offsetSeconds = 0 } }: Status): string {
  if (frozen === true) return 'frozen'
  if (Math.abs(offsetSeconds) < 1) return 'runs with the system clock'
  return `${spanText(offsetSeconds)} ${offsetSeconds > 0 ? 'ahead' : 'behind'}`
}

function Rates({ seen }: { readonly seen: readonly Rate[] }) {
  if (seen.length < 2) return <Empty icon="plot" title="Collecting the first seconds" />
  return (
    <Plot
      label={`Messages a second over the last ${spanText(seen.length)}; now ${shortNumber(seen.at(-1)?.messages ?? 0)}`}
      times={seen.map(({ at }) => at)}
      series={[{ label: 'messages/s', color: '--accent', values: seen.map(({ messages }) => messages) }]}
      height={190}
      fill
    />
  )
}

function HubFacts({ hub, now }: { readonly hub: About; readonly now: Status | undefined }) {
  const facts: readonly (readonly [string, string])[] = [
    ['Host name', hub.hostName],
    ['MQTT', `${hub.hostName}:${String(hub.mqttPort)}`],
    ['HTTPS', `${hub.hostName}:${String(hub.httpsPort)}`],
    ...(hub.amqpPort === undefined ? [] : [['AMQP', `${hub.hostName}:${String(hub.amqpPort)}`] as const]),
    ...(hub.provisioning === undefined ? [] : [['ID scope', hub.provisioning.idScope] as const]),
    ...(hub.caPath === undefined ? [] : [['CA file', hub.caPath] as const]),
  ]
  const meter = now?.meter
  return (
    <>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="mono">
              <span>{value}</span>
              <Copy text={value} label={name} />
            </dd>
          </div>
        ))}
        <div>
          <dt>State</dt>
          <dd>{hub.state ?? 'in memory: it ends with the hub'}</dd>
        </div>
      </dl>
      {meter === undefined ? null : <Quota {...meter} />}
    </>
  )
}

function Quota({ used, limit, tier }: Status['meter']) {
  return (
    <div class="quota">
      <div class="row between">
        <span>Daily quota{tier === null ? '' : `, ${tier}`}</span>
        <span class="mono">
          {limit === null
            ? `${counted(used, 'message')}, no limit`
            : `${used.toLocaleString('en')} of ${counted(limit, 'message')}`}
        </span>
      </div>
      {limit === null ? null : (
        <meter
          min={0}
          max={1}
          high={0.8}
          optimum={0}
          value={Math.min(1, used / limit)}
          aria-label="Share of the daily quota that is used"
        />
      )}
    </div>
  )
}

const SHOWN = 12
/** Entries of any type before the page was opened, among which there may be some to show. */
const LOOKED_BACK = 200

/** @param seq of the newest entry when the page is opened. */
function Activity({ seq }: { readonly seq: number }) {
  const [since] = useState(Math.max(0, seq - LOOKED_BACK))
  const query = {
    type: 'connected,disconnected,operation,delivery,refusal,fault,clock,registry,reset,tls-failed',
    sample: '20',
  }
  const { entries, leftOut, open } = useJournal(query, since, SHOWN)
  return (
    <Card
      title="Happening now"
      actions={leftOut === 0 ? null : <Badge tone="info">a sample; {shortNumber(leftOut)} more</Badge>}
    >
      {entries.length === 0 && !open ? null : entries.length === 0 ? (
        <Empty icon="wire" title="Nothing yet">
          Connect a device: what it does appears here as it happens.
        </Empty>
      ) : (
        <ol class="activity" aria-label="Newest first">
          {[...entries].reverse().map((entry) => (
            <ActivityLine key={entry.seq} entry={entry} />
          ))}
        </ol>
      )}
    </Card>
  )
}

function ActivityLine({ entry }: { readonly entry: Entry }) {
  const { label, text, tone } = lineOf(entry)
  const [deviceId] = entry.identity?.split('/') ?? []
  return (
    <li>
      <span class="mono faint">{clockText(entry.time).slice(0, 8)}</span>
      {deviceId === undefined ? (
        <span />
      ) : (
        <a class="cut" href={hrefOf('devices', deviceId)}>
          {entry.identity}
        </a>
      )}
      <Badge tone={tone}>{label}</Badge>
      <span class="cut mono">{text}</span>
    </li>
  )
}

const SDKS = [
  ['node', 'Node'],
  ['python', 'Python'],
  ['other', 'C, Go, .NET'],
  ['java', 'Java'],
  ['az', 'az'],
] as const
type Sdk = (typeof SDKS)[number][0]

function Connect({ hub, devices }: { readonly hub: About; readonly devices: number }) {
  const [sdk, setSdk] = useState<Sdk>('node')
  const { value: first } = useAsked(
    () => call<readonly IdentityDocument[]>('GET', '/devices?limit=1&keys=hidden'),
    [devices],
  )
  const deviceId = first?.[0]?.deviceId
  const lines = trustLines(sdk, hub)
  const shown = [
    ...lines,
    ...(deviceId === undefined
      ? []
      : [connectionLine(`HostName=${hub.hostName};DeviceId=${deviceId};SharedAccessKey=••••`)]),
  ]
  const whole = async (): Promise<string> => {
    if (deviceId === undefined) return lines.join('\n')
    const { connectionString = '' } = await call<IdentityDocument>('GET', pathOf(deviceId))
    return [...lines, connectionLine(connectionString)].join('\n')
  }
  return (
    <Card title="Connect" actions={<Choice label="SDK" options={SDKS} at={sdk} onPick={setSdk} />}>
      <p>Let the SDK trust the hub and give it a connection string; the keys stay hidden until you copy.</p>
      {shown.length === 0 ? null : (
        <div class="code-box">
          <pre tabIndex={0} aria-label="Environment lines">
            {shown.join('\n')}
          </pre>
          <Copy text={whole} label="the environment lines with the key" shows="Copy" />
        </div>
      )}
      {deviceId === undefined ? (
        <p>
          There is no device yet. <a href={hrefOf('devices')}>Create one</a>.
        </p>
      ) : null}
      <Secrets />
    </Card>
  )
}

function connectionLine(connectionString: string): string {
  return `export IOTHUB_DEVICE_CONNECTION_STRING=${quoted(connectionString)}`
}

function trustLines(sdk: Sdk, { env, caPath = '' }: About): readonly string[] {
  const line = (name: string): readonly string[] =>
    env[name] === undefined ? [] : [`export ${name}=${quoted(env[name])}`]
  switch (sdk) {
    case 'node':
      return line('NODE_EXTRA_CA_CERTS')
    case 'python':
      return [...line('SSL_CERT_FILE'), ...line('REQUESTS_CA_BUNDLE')]
    case 'az':
      return line('REQUESTS_CA_BUNDLE')
    case 'other':
      return line('SSL_CERT_FILE')
    case 'java': {
      const store = caPath.replace(/[^/\\]*$/, 'truststore.p12')
      const options = `-Djavax.net.ssl.trustStore=${quotedForJvm(store)} -Djavax.net.ssl.trustStorePassword=changeit`
      return [
        `keytool -importcert -noprompt -alias mock-iot-hub -file ${quoted(caPath)} -keystore ${quoted(store)} -storetype PKCS12 -storepass changeit`,
        `export JAVA_TOOL_OPTIONS=${quoted(options)}`,
      ]
    }
  }
}

function Secrets() {
  const [open, setOpen] = useState<About | undefined>(undefined)
  const rows: readonly (readonly [string, 'serviceConnectionString' | 'eventHubConnectionString'])[] = [
    ['Service', 'serviceConnectionString'],
    ['Events', 'eventHubConnectionString'],
  ]
  return (
    <>
      <dl class="facts">
        {rows.map(([name, field]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="mono wrap">
              <span>{open === undefined ? '••••••••••••' : (open[field] ?? 'none')}</span>
              <Copy
                text={async () => (await call<About>('GET', '/about'))[field] ?? ''}
                label={`${name} connection string`}
              />
            </dd>
          </div>
        ))}
      </dl>
      <Button
        icon="eye"
        look="quiet"
        onClick={() => {
          if (open === undefined) void call<About>('GET', '/about').then(setOpen)
          else setOpen(undefined)
        }}
      >
        {open === undefined ? 'Show the connection strings' : 'Hide the connection strings'}
      </Button>
    </>
  )
}
