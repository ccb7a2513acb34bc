/** The frame of the page: navigation, the state of the hub, and the page that the address names. */

import { useEffect, useState } from 'preact/hooks'
import { Badge, Button } from './parts/basics.tsx'
import { Field } from './parts/fields.tsx'
import { useCall } from './parts/forms.tsx'
import { Icon, type IconName } from './parts/icons.tsx'
import { enter, messageOf, tokenWanted } from './lib/api.ts'
import { about, status, unreachable, watchHub } from './lib/hub.ts'
import { hrefOf, route } from './lib/route.ts'
import { clockText, spanText } from './lib/text.ts'
import { useValue } from './lib/value.ts'
import { ClockPage } from './pages/clock.tsx'
import { DevicePage } from './pages/device.tsx'
import { DevicesPage } from './pages/devices.tsx'
import { ExplainPage } from './pages/explain.tsx'
import { FaultsPage } from './pages/faults.tsx'
import { OverviewPage } from './pages/overview.tsx'
import { ProvisioningPage } from './pages/provisioning.tsx'
import { WirePage } from './pages/wire.tsx'

const PAGES: readonly (readonly [id: string, label: string, icon: IconName])[] = [
  ['overview', 'Overview', 'overview'],
  ['devices', 'Devices', 'devices'],
  ['provisioning', 'Provisioning', 'key'],
  ['faults', 'Faults', 'faults'],
  ['clock', 'Clock', 'clock'],
  ['explain', 'Explain', 'explain'],
  ['wire', 'Wire', 'wire'],
]

export function App() {
  const wanted = useValue(tokenWanted)
  const [page = 'overview', ...rest] = useValue(route)
  const problem = useValue(unreachable)
  useEffect(() => (wanted ? undefined : watchHub()), [wanted])
  const label = PAGES.find(([id]) => id === page)?.[1] ?? 'Overview'
  useEffect(() => {
    document.title = `${page === 'devices' && rest[0] !== undefined ? rest[0] : label} · mock-iot-hub`
  }, [page, rest[0]])
  if (wanted) return <TokenForm />
  return (
    <div class="frame">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          document.getElementById('main')?.focus()
        }}
      >
        Skip to the content
      </a>
      <aside class="side">
        <a class="brand" href={hrefOf('overview')}>
          <Icon name="wire" />
          <span>mock-iot-hub</span>
        </a>
        <nav aria-label="Pages">
          {PAGES.map(([id, name, icon]) => (
            <a key={id} href={hrefOf(id)} title={name} aria-current={id === page ? 'page' : undefined}>
              <Icon name={icon} />
              <span>{name}</span> <NavCount id={id} />
            </a>
          ))}
        </nav>
        <ThemeButton />
      </aside>
      <div class="column">
        <TopBar />
        {problem === undefined ? null : (
          <p class="banner" role="alert">
            <Icon name="alert" /> {problem} Trying again each second.
          </p>
        )}
        <main id="main" tabIndex={-1}>
          <Page page={page} rest={rest} />
        </main>
      </div>
    </div>
  )
}

function Page({ page, rest }: { readonly page: string; readonly rest: readonly string[] }) {
  const [first, second] = rest
  switch (page) {
    case 'devices':
      return first === undefined ? (
        <DevicesPage />
      ) : (
        <DevicePage key={first} deviceId={first} tab={second ?? 'timeline'} />
      )
    case 'provisioning':
      return <ProvisioningPage tab={first ?? 'enrollments'} />
    case 'faults':
      return <FaultsPage />
    case 'clock':
      return <ClockPage />
    case 'explain':
      return <ExplainPage />
    case 'wire':
      return <WirePage linkId={first} />
    default:
      return <OverviewPage />
  }
}

function NavCount({ id }: { readonly id: string }) {
  const now = useValue(status)
  if (now === undefined) return null
  if (id === 'devices') return <span class="count">{now.devices.total}</span>
  if (id === 'faults' && now.faults.armed > 0) return <span class="count warn">{now.faults.armed}</span>
  if (id === 'explain' && now.totals.refusals > 0) return <span class="count bad">{now.totals.refusals}</span>
  return null
}

function TopBar() {
  const hub = useValue(about)
  const now = useValue(status)
  const problem = useValue(unreachable)
  return (
    <header class="top">
      <div class="row">
        <span class={`dot ${problem === undefined ? 'good' : 'bad'}`} aria-hidden="true" />
        <strong class="mono">{hub?.hostName ?? '…'}</strong>
        <span class="faint">{problem === undefined ? 'running' : 'not reachable'}</span>
      </div>
      {now === undefined ? null : (
        <a class="clock-chip" href={hrefOf('clock')} title="Clock of the hub">
          <Icon name="clock" />
          <span class="mono">{clockText(now.clock.now).slice(0, 8)} UTC</span>
          {now.clock.frozen === true ? <Badge tone="info">frozen</Badge> : null}
          {Math.abs(now.clock.offsetSeconds ?? 0) >= 1 ? (
            <Badge tone="warn">
              {(now.clock.offsetSeconds ?? 0) > 0 ? '+' : '−'}
              {spanText(now.clock.offsetSeconds ?? 0)}
            </Badge>
          ) : null}
        </a>
      )}
    </header>
  )
}

const THEME = 'theme'

function ThemeButton() {
  const [theme, setTheme] = useState(localStorage.getItem(THEME) ?? 'system')
  useEffect(() => {
    localStorage.setItem(THEME, theme)
    if (theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
  }, [theme])
  const next = theme === 'system' ? 'light' : theme === 'light' ? 'dark' : 'system'
  return (
    <Button
      icon="sun"
      look="quiet"
      class="theme"
      onClick={() => {
        setTheme(next)
      }}
    >
      <span>Colours: {theme}</span>
    </Button>
  )
}

function TokenForm() {
  const [text, setText] = useState('')
  const { busy, failed, run } = useCall()
  const submit = (event: Event): void => {
    event.preventDefault()
    run(() => enter(text))
  }
  return (
    <main class="token">
      <form class="card" onSubmit={submit}>
        <h1>mock-iot-hub</h1>
        <p>
          This hub can be reached from other machines, so it asks for its control token (
          <code>--control-token</code>).
        </p>
        <Field
          label="Control token"
          hint="Kept in this tab only."
          problem={failed === undefined ? undefined : messageOf(failed)}
        >
          {(attributes) => (
            <input
              {...attributes}
              type="password"
              autocomplete="off"
              required
              value={text}
              onInput={(event) => {
                setText(event.currentTarget.value)
              }}
            />
          )}
        </Field>
        <Button type="submit" look="main" disabled={busy}>
          Open the dashboard
        </Button>
      </form>
    </main>
  )
}
