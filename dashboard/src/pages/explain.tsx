/** Why the hub refused what it refused. */

import { Badge, Card, Empty } from '../parts/basics.tsx'
import { Explained } from '../parts/detail.tsx'
import { call } from '../lib/api.ts'
import { status } from '../lib/hub.ts'
import { hrefOf } from '../lib/route.ts'
import { dateText } from '../lib/text.ts'
import type { Refusal } from '../lib/types.ts'
import { useAsked } from '../lib/use-journal.ts'
import { useValue } from '../lib/value.ts'

export function ExplainPage() {
  const now = useValue(status)
  const { value: refusals } = useAsked(
    () => call<readonly Refusal[]>('GET', '/explain/refusals'),
    [now?.totals.refusals],
  )
  return (
    <>
      <h1>Explain</h1>
      <p class="lead">
        The newest refusals: what the hub expected, what it received, and the rule with its source.
      </p>
      {refusals?.length === 0 ? (
        <Empty icon="check" title="Nothing was refused">
          When a device is refused, this page says why.
        </Empty>
      ) : null}
      <ol class="refusals" aria-label="Refusals, newest first">
        {refusals?.map((refusal) => (
          <li key={refusal.seq}>
            <RefusalCard refusal={refusal} />
          </li>
        ))}
      </ol>
    </>
  )
}

function RefusalCard({ refusal }: { readonly refusal: Refusal }) {
  const { identity, error, code, time, transport, explanation, linkId } = refusal
  const [deviceId] = identity?.split('/') ?? []
  return (
    <Card
      title={
        <>
          <Badge tone="bad">{error}</Badge> <span class="faint mono">{code}</span>
        </>
      }
      actions={<span class="faint">{dateText(time)}</span>}
    >
      <p>
        {deviceId === undefined ? 'An unknown caller' : <a href={hrefOf('devices', deviceId)}>{identity}</a>}{' '}
        over {transport}
        {linkId === undefined ? null : (
          <>
            {' · '}
            <a href={hrefOf('wire', linkId)}>packets of the link</a>
          </>
        )}
      </p>
      <Explained explanation={explanation} />
    </Card>
  )
}
