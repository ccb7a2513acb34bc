/** The provisioning service beside the hub: who may register, who has, and where they were assigned. */

import { Copy, Empty, Tabs } from '../parts/basics.tsx'
import { about } from '../lib/hub.ts'
import { hrefOf } from '../lib/route.ts'
import { useValue } from '../lib/value.ts'
import { EnrollmentsTab } from './provisioning/enrollments.tsx'
import { HubsTab } from './provisioning/hubs.tsx'
import { RegistrationsTab } from './provisioning/registrations.tsx'

const TABS = [
  ['enrollments', 'Enrollments'],
  ['groups', 'Groups'],
  ['registrations', 'Registrations'],
  ['hubs', 'Hubs and certificates'],
] as const

export function ProvisioningPage({ tab }: { readonly tab: string }) {
  const hub = useValue(about)
  if (hub === undefined) return null
  const service = hub.provisioning
  if (service === undefined)
    return (
      <>
        <h1>Provisioning</h1>
        <Empty icon="key" title="This hub has no provisioning service">
          It was started with <code>--no-dps</code>.
        </Empty>
      </>
    )
  const facts = [
    ['ID scope', service.idScope],
    ['Global endpoint', service.endpoint],
  ] as const
  return (
    <div class="fill">
      <h1>Provisioning</h1>
      <div class="row facts-line">
        {facts.map(([name, value]) => (
          <span class="row tight" key={name}>
            <span class="faint">{name}</span> <span class="mono">{value}</span>
            <Copy text={value} label={name} />
          </span>
        ))}
      </div>
      <Tabs
        label="Parts of the provisioning service"
        at={tab}
        tabs={TABS.map(([id, label]) => ({ id, label, href: hrefOf('provisioning', id) }))}
      />
      {tab === 'enrollments' ? <EnrollmentsTab key="one" kind="individual" service={service} /> : null}
      {tab === 'groups' ? <EnrollmentsTab key="group" kind="group" service={service} /> : null}
      {tab === 'registrations' ? <RegistrationsTab /> : null}
      {tab === 'hubs' ? <HubsTab /> : null}
    </div>
  )
}
