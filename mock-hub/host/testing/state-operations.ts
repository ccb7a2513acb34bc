/** What may happen to a hub with a store, as operations that a property test draws, and its whole state before and after. */

import fc from 'fast-check'
import { ManualClock } from '../../base/clock.ts'
import type { StateKind } from '../../core/contract/store/commits.ts'
import type { StateStore } from '../../core/contract/store/state-store.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { Services } from '../../core/contract/services/services.ts'
import { createHub } from '../../core/create-hub.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { createServices } from '../../core/services/create-services.ts'
import { GroupCommits } from '../../core/store/group-commits.ts'
import { callerOf, messageOf, TestLink } from '../../core/testing/test-hub.ts'
import { documentRenderer, blobAccess } from '../../http/service/document-renderer.ts'

/** From one start of a hub to its end. */
export interface Life<S extends StateStore = StateStore> {
  readonly hub: Hub
  readonly services: Services
  readonly store: S
  readonly commits: GroupCommits
  readonly clock: ManualClock
  readonly links: Map<string, TestLink>
}

/** A hub over what a store has. */
export async function live<S extends StateStore>(store: S): Promise<Life<S>> {
  const commits = new GroupCommits({
    ...{ store, system: new ManualClock(0) },
    failed: (reason) => {
      throw reason
    },
    say: () => undefined,
  })
  const { number, now } = await commits.load()
  const clock = new ManualClock(Math.max(now, Date.UTC(2026, 0, 1)))
  commits.tellTime(() => clock.now())
  const settings = {
    telemetryRetained: 20,
    eventSources: ['deviceLifecycleEvents', 'twinChangeEvents'] as const,
  }
  const hub = createHub({ clock, commits, settings })
  const services = createServices(hub, documentRenderer(hub), blobAccess(undefined))
  if (number > 0) commits.restore()
  return { hub, services, store, commits, clock, links: new Map() }
}

/** These are stored less often than they change, or have no document while they are as in the beginning. */
export const SELDOM: ReadonlySet<StateKind> = new Set([
  'quota',
  'event',
  'counter',
  'blob',
  'blobStorage',
  'clock',
  'policy',
])

/** All documents as the parts of the hub have them now. */
export function all(hub: Hub): Readonly<Record<string, unknown>> {
  const documents: [string, unknown][] = []
  for (const [kind, source] of hub.commits.sources)
    if (!SELDOM.has(kind))
      for (const key of source.keys()) documents.push([`${kind}/${key}`, plain(kind, source.read(key))])
  return Object.fromEntries(documents.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** As JSON has it. */
export function plain(kind: StateKind, value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(value)) as Record<string, unknown>
  // Of a record, the last activity is stored once a minute.
  return kind === 'identity' ? { ...copy, lastActivityAt: undefined } : copy
}

export type Operation = readonly [name: keyof typeof OPERATIONS, device: number, value: number]

const nameOf = (device: number) => ({ deviceId: `d${String(device)}` })

const OPERATIONS = {
  create: ({ hub }: Life, device: number, value: number) => {
    hub.registry.create(nameOf(device), { iotEdge: value % 2 === 0 })
  },
  createModule: ({ hub }: Life, device: number, value: number) => {
    hub.registry.create({ ...nameOf(device), moduleId: `m${String(value % 2)}` })
  },
  update: ({ hub }: Life, device: number, value: number) => {
    hub.registry.update(nameOf(device), { status: value % 2 === 0 ? 'disabled' : 'enabled' }, '*')
  },
  remove: ({ hub }: Life, device: number) => {
    hub.registry.remove(nameOf(device), '*')
  },
  desired: ({ hub }: Life, device: number, value: number) => {
    hub.twins.patch(nameOf(device), { desired: { value }, tags: { value } }, '*')
  },
  reported: ({ hub }: Life, device: number, value: number) => {
    hub.twins.patchReported(nameOf(device), { value })
  },
  telemetry: ({ hub }: Life, device: number, value: number) => {
    void hub.perform(callerOf(hub, nameOf(device)), 'telemetry', { message: messageOf(String(value)) })
  },
  sendC2d: ({ hub }: Life, device: number, value: number) => {
    hub.c2d.send(nameOf(device), messageOf(String(value), {}, { ack: 'full', messageId: String(value) }))
  },
  receiveC2d: ({ hub }: Life, device: number, value: number) => {
    const got = hub.c2d.receive(nameOf(device))
    const outcome = (['complete', 'abandon', 'reject'] as const)[value % 4]
    if (got !== undefined && outcome !== undefined) hub.c2d.settle(nameOf(device), got.lockToken, outcome)
  },
  feedback: ({ hub }: Life, _device: number, value: number) => {
    const got = hub.feedback.receive()
    if (got !== undefined) hub.feedback.settle(got.lockToken, value % 2 === 0 ? 'complete' : 'abandon')
  },
  connect: (life: Life, device: number) => {
    const link = new TestLink(life.hub, nameOf(device)).subscribe('c2d', 'desired')
    life.links.set(nameOf(device).deviceId, link)
  },
  settle: ({ hub, links }: Life, device: number) => {
    const [first] = links.get(nameOf(device).deviceId)?.c2d.splice(0, 1) ?? []
    if (first !== undefined) hub.c2d.settle(nameOf(device), first.lockToken, 'complete')
  },
  disconnect: ({ links }: Life, device: number) => {
    links.get(nameOf(device).deviceId)?.session.ended()
  },
  input: ({ hub }: Life, device: number, value: number) => {
    hub.inputs.send({ ...nameOf(device), moduleId: 'm0' }, 'in', messageOf(String(value)))
  },
  configuration: ({ services }: Life, device: number, value: number) => {
    const content = { deviceContent: { 'properties.desired.by': value } }
    services.configurations.put(
      `c${String(device)}`,
      { content, targetCondition: `tags.value > ${String(value)}`, priority: value },
      '*',
    )
  },
  job: ({ services, clock }: Life, _device: number, value: number) => {
    services.jobs.create({
      ...{ jobId: `j${String(value)}`, type: 'scheduleUpdateTwin', queryCondition: '*', given: {} },
      startAt: clock.now() + (value % 5) * 1_000,
      maxExecutionTimeInSeconds: 60,
      updateTwin: { etag: '*', update: { tags: { job: value } } },
    })
  },
  upload: ({ hub }: Life, device: number, value: number) => {
    hub.attachBlobStorage({
      ...{ hostName: 'h', containerName: 'c', sign: () => 's' },
      find: () => Promise.resolve(undefined),
    })
    const upload = hub.perform(callerOf(hub, nameOf(device)), 'uploadStart', {
      blobName: `b${String(value)}`,
    })
    Promise.resolve(upload).catch(() => undefined)
  },
  routes: ({ hub }: Life, _device: number, value: number) => {
    hub.routes = value % 2 === 0 ? [] : ['FROM /messages/* INTO $upstream']
  },
  advance: ({ clock }: Life, device: number, value: number) => {
    clock.advance((device + 1) * (value % 3 === 0 ? 60_000 : 1_000))
  },
} as const satisfies Record<string, (life: Life, device: number, value: number) => void>

export const operation = fc.tuple(
  fc.constantFrom(...(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])),
  fc.nat(3),
  fc.nat(50),
) as fc.Arbitrary<Operation>

export function act(life: Life, [name, device, value]: Operation): void {
  try {
    OPERATIONS[name](life, device, value)
  } catch (error) {
    if (!(error instanceof HubError)) throw error
  }
}
