/** The packets of one link as a sequence diagram; live, or from a record. */

import { useEffect, useMemo, useState } from 'preact/hooks'
import { Badge, Button, Card, Empty, Problem } from '../parts/basics.tsx'
import { EntryList } from '../parts/entry-list.tsx'
import { OpenFile } from '../parts/fields.tsx'
import { useCall } from '../parts/forms.tsx'
import { call, messageOf } from '../lib/api.ts'
import { save } from '../lib/files.ts'
import { about, status } from '../lib/hub.ts'
import { allLinks, linksIn, stepsOf, type Link, type Step } from '../lib/sequence.ts'
import { parseRecord, recordText, type OpenedRecord } from '../lib/record.ts'
import { hrefOf, replace } from '../lib/route.ts'
import { clockText, counted, dateText } from '../lib/text.ts'
import type { Entry, LiveLink } from '../lib/types.ts'
import { useAsked, useJournal } from '../lib/use-journal.ts'
import { useValue } from '../lib/value.ts'

export function WirePage({ linkId }: { readonly linkId: string | undefined }) {
  const [record, setRecord] = useState<OpenedRecord | undefined>(undefined)
  const { failed, run } = useCall()
  const keep = (): void => {
    run(async () => {
      const entries = await call<readonly Entry[]>('GET', '/journal')
      const time = status.get()?.clock.now ?? ''
      save(
        `record-${time.slice(0, 19).replaceAll(':', '')}.jsonl`,
        recordText(about.get()?.hostName ?? '', time, entries),
        'application/jsonl',
      )
    })
  }
  return (
    <div class="fill">
      <div class="row between">
        <h1>Wire</h1>
        <div class="row">
          <OpenFile
            label="Open a record"
            accept=".jsonl,application/jsonl"
            look="plain"
            onFile={(file) => {
              run(async () => {
                setRecord(parseRecord(await file.text()))
              })
            }}
          />
          <Button icon="save" onClick={keep}>
            Save the record
          </Button>
        </div>
      </div>
      <Problem text={failed === undefined ? undefined : messageOf(failed)} />
      {record === undefined ? (
        <LiveWire linkId={linkId} />
      ) : (
        <>
          <p class="note" role="status">
            <Badge tone="info">record</Badge> {counted(record.entries.length, 'entry', 'entries')} of{' '}
            {record.hostName}, saved {dateText(record.savedAt)}.{' '}
            <Button
              look="quiet"
              onClick={() => {
                setRecord(undefined)
              }}
            >
              Back to the running hub
            </Button>
          </p>
          <RecordWire entries={record.entries} linkId={linkId} />
        </>
      )}
    </div>
  )
}

const LIVE = '/links?limit=500'
const LINKS = '/journal?type=link-opened,connected,disconnected,link-closed&limit=2000'
const KEPT = 5_000

function LiveWire({ linkId }: { readonly linkId: string | undefined }) {
  const now = useValue(status)
  const { value: links } = useAsked(
    async () =>
      allLinks(await call<readonly Entry[]>('GET', LINKS), await call<readonly LiveLink[]>('GET', LIVE)),
    [now?.totals.connects, now?.totals.refusals, now?.devices.connected],
  )
  const newest = links?.[0]?.linkId
  // A link that opens later does not take the place of the one that a person reads.
  useEffect(() => {
    if (linkId === undefined && newest !== undefined) replace('wire', newest)
  }, [linkId, newest])
  if (links === undefined || (linkId === undefined && newest !== undefined)) return null
  return linkId === undefined ? (
    <Empty icon="wire" title="No link yet">
      When a device connects, its packets are drawn here.
    </Empty>
  ) : (
    <LiveLink key={linkId} links={links} linkId={linkId} />
  )
}

function LiveLink({ links, linkId }: { readonly links: readonly Link[]; readonly linkId: string }) {
  const { entries, leftOut, open } = useJournal({ link: linkId, sample: '200' }, 0, KEPT)
  return (
    <>
      {leftOut > 0 ? (
        <p class="note" role="status">
          <Badge tone="info">sample</Badge> The hub left out {counted(leftOut, 'entry', 'entries')} of this
          link: there is more than can be shown.
        </p>
      ) : null}
      {entries.length === 0 && !open ? null : <Wire entries={entries} links={links} linkId={linkId} />}
    </>
  )
}

function RecordWire({
  entries,
  linkId,
}: {
  readonly entries: readonly Entry[]
  readonly linkId: string | undefined
}) {
  const links = useMemo(() => linksIn(entries), [entries])
  const known = links.find((link) => link.linkId === linkId) ?? links[0]
  return known === undefined ? (
    <Empty icon="wire" title="No link in this record" />
  ) : (
    <Wire entries={entries} links={links} linkId={known.linkId} />
  )
}

interface WireProps {
  readonly entries: readonly Entry[]
  /** To choose from. */
  readonly links: readonly Link[]
  readonly linkId: string
}

function Wire({ entries, links, linkId }: WireProps) {
  const steps = useMemo(() => stepsOf(entries, linkId), [entries, linkId])
  const identity = links.find((one) => one.linkId === linkId)?.identity
  return (
    <div class="wire fill">
      <Card title="Links" class="links">
        <nav class="scroll" aria-label="Links">
          {links.map((one) => (
            <a
              key={one.linkId}
              class="link-item"
              href={hrefOf('wire', one.linkId)}
              aria-current={one.linkId === linkId ? 'true' : undefined}
            >
              <LinkName link={one} />
            </a>
          ))}
        </nav>
      </Card>
      <EntryList
        key={linkId}
        label="Packets of the link, oldest first"
        chosenLabel="The chosen packet"
        rows={steps}
        rowHeight={46}
        atEnd
        render={(step) => <StepRow step={step} />}
        frame={(list) => (
          <Card
            class="sequence"
            title={<span class="mono cut">{identity ?? linkId}</span>}
            actions={<span class="faint">{counted(steps.length, 'step')}</span>}
          >
            <div class="lanes" aria-hidden="true">
              <span class="cut">{identity ?? 'device'}</span>
              <span>hub</span>
            </div>
            {steps.length === 0 ? (
              <Empty icon="wire" title="Nothing kept of this link">
                The hub keeps the newest entries only; choose a newer link.
              </Empty>
            ) : (
              list
            )}
          </Card>
        )}
      />
    </div>
  )
}

function LinkName({ link }: { readonly link: Link }) {
  return (
    <>
      <span class="row">
        <span class={`dot ${link.open ? 'good' : ''}`} aria-hidden="true" />
        <span class="mono cut">{link.identity ?? 'not authenticated'}</span>
      </span>
      <span class="faint">
        {clockText(link.openedAt).slice(0, 8)} · {link.transport} ·{' '}
        {link.open ? 'open' : (link.reason ?? 'closed')}
      </span>
    </>
  )
}

function StepRow({ step: { entry, direction, label, text, tone } }: { readonly step: Step }) {
  return (
    <div class={`step ${direction} ${tone}`}>
      <span class="mono faint">{clockText(entry.time)}</span>
      {direction === 'note' ? (
        <span class="step-note">
          <Badge tone={tone}>{label}</Badge> <span class="cut mono">{text}</span>
        </span>
      ) : (
        <span class="step-arrow">
          <span class="cut">
            <strong>{label}</strong> <span class="mono faint">{text}</span>
          </span>
          <svg
            viewBox="0 0 100 6"
            preserveAspectRatio="none"
            role="img"
            aria-label={direction === 'in' ? 'to the hub' : 'to the device'}
          >
            <path d="M0 3H100" />
          </svg>
        </span>
      )}
    </div>
  )
}
