/** The packets of one link as a sequence diagram; live, or from a record. */

import { useMemo, useState } from 'preact/hooks'
import { Badge, Button, Card, Empty, Problem } from '../parts/basics.tsx'
import { EntryDetail } from '../parts/detail.tsx'
import { useCall } from '../parts/forms.tsx'
import { VirtualList } from '../parts/virtual-list.tsx'
import { call, messageOf } from '../lib/api.ts'
import { save } from '../lib/files.ts'
import { about, status } from '../lib/hub.ts'
import { linksIn, stepsOf, type Link, type Step } from '../lib/sequence.ts'
import { parseRecord, recordText, type OpenedRecord } from '../lib/record.ts'
import { hrefOf } from '../lib/route.ts'
import { clockText, dateText } from '../lib/text.ts'
import type { Entry } from '../lib/types.ts'
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
  const open = (files: FileList | null): void => {
    const file = files?.[0]
    if (file !== undefined)
      run(async () => {
        setRecord(parseRecord(await file.text()))
      })
  }
  return (
    <div class="fill">
      <div class="row between">
        <h1>Wire</h1>
        <div class="row">
          <label class="button plain">
            Open a record
            <input
              class="hidden"
              type="file"
              accept=".jsonl,application/jsonl"
              onChange={(event) => {
                open(event.currentTarget.files)
              }}
            />
          </label>
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
            <Badge tone="info">record</Badge> {record.entries.length} entries of {record.hostName}, saved{' '}
            {dateText(record.savedAt)}.{' '}
            <Button
              look="quiet"
              onClick={() => {
                setRecord(undefined)
              }}
            >
              Back to the running hub
            </Button>
          </p>
          <Wire entries={record.entries} all={record.entries} linkId={linkId} />
        </>
      )}
    </div>
  )
}

const LINKS = '/journal?type=link-opened,connected,disconnected,link-closed&limit=2000'
const KEPT = 5_000

function LiveWire({ linkId }: { readonly linkId: string | undefined }) {
  const now = useValue(status)
  const { value: all = [] } = useAsked(
    () => call<readonly Entry[]>('GET', LINKS),
    [now?.totals.connects, now?.devices.connected],
  )
  const at = linkId ?? linksIn(all).at(0)?.linkId
  return at === undefined ? (
    <Empty icon="wire" title="No link yet">
      When a device connects, its packets are drawn here.
    </Empty>
  ) : (
    <LiveLink key={at} all={all} linkId={at} />
  )
}

function LiveLink({ all, linkId }: { readonly all: readonly Entry[]; readonly linkId: string }) {
  const { entries, leftOut } = useJournal({ link: linkId, sample: '200' }, 0, KEPT)
  return (
    <>
      {leftOut > 0 ? (
        <p class="note" role="status">
          <Badge tone="info">sample</Badge> The hub left out {leftOut} entries of this link: there is more
          than can be shown.
        </p>
      ) : null}
      <Wire entries={entries} all={all} linkId={linkId} />
    </>
  )
}

interface WireProps {
  readonly entries: readonly Entry[]
  /** With the links to choose from. */
  readonly all: readonly Entry[]
  readonly linkId: string | undefined
}

function Wire({ entries, all, linkId }: WireProps) {
  const links = useMemo(() => linksIn(all), [all])
  const at = links.some((link) => link.linkId === linkId) ? linkId : (linkId ?? links[0]?.linkId)
  const steps = useMemo(() => stepsOf(entries, at), [entries, at])
  const [picked, setPicked] = useState<number | undefined>(undefined)
  const selected = picked === undefined ? -1 : steps.findIndex(({ entry }) => entry.seq === picked)
  const link = links.find((one) => one.linkId === at)
  const step = steps[selected]
  return (
    <div class="wire fill">
      <Card title="Links" class="links">
        <nav class="scroll" aria-label="Links">
          {links.map((one) => (
            <a
              key={one.linkId}
              class="link-item"
              href={hrefOf('wire', one.linkId)}
              aria-current={one.linkId === at ? 'true' : undefined}
            >
              <LinkName link={one} />
            </a>
          ))}
        </nav>
      </Card>
      <div class={`split ${step === undefined ? 'single' : ''}`}>
        <Card
          class="sequence"
          title={<span class="mono">{link?.identity ?? at ?? ''}</span>}
          actions={<span class="faint">{steps.length} steps</span>}
        >
          <div class="lanes" aria-hidden="true">
            <span>{link?.identity ?? 'device'}</span>
            <span>hub</span>
          </div>
          {steps.length === 0 ? (
            <Empty icon="wire" title="Nothing kept of this link">
              The hub keeps the newest entries only; choose a newer link.
            </Empty>
          ) : (
            <VirtualList
              label="Packets of the link, oldest first"
              count={steps.length}
              rowHeight={46}
              keyOf={(index) => steps[index]?.entry.seq ?? index}
              selected={selected < 0 ? undefined : selected}
              onSelect={(index) => {
                setPicked(steps[index]?.entry.seq)
              }}
              atEnd={step === undefined}
              render={(index) => <StepRow step={steps[index]} />}
            />
          )}
        </Card>
        {step === undefined ? null : (
          <aside class="card scroll" aria-label="The chosen packet">
            <EntryDetail key={step.entry.seq} entry={step.entry} />
            <Button
              look="quiet"
              icon="close"
              onClick={() => {
                setPicked(undefined)
              }}
            >
              Close
            </Button>
          </aside>
        )}
      </div>
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

function StepRow({ step }: { readonly step: Step | undefined }) {
  if (step === undefined) return null
  const { entry, direction, label, text, tone } = step
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
