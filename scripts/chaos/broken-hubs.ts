/** Hubs that break the contract, each in one way: the checker must find every one of them. */

import { mutant, type Mutant } from '../mutants/mutant.ts'
import { WorkingCopy } from '../mutants/working-copy.ts'
import type { Rule } from './checker.ts'

interface BrokenHub {
  readonly mutant: Mutant
  readonly rule: Rule
}

const PUBLISH = 'mock-hub/mqtt/packets/publish.ts'
const C2D = 'mock-hub/core/messaging/c2d.ts'
const TWINS = 'mock-hub/core/twins/twins.ts'

/** A seed whose script has none of the faults that a broken hub needs says nothing. */
const MOST_SEEDS = 4
const CHAOS = ['--no-warnings', '--import=tsx', 'scripts/chaos/main.ts']

export const BROKEN_HUBS: readonly BrokenHub[] = [
  {
    rule: 'acknowledged-is-stored',
    mutant: mutant(
      ...(['H251', 'acknowledges before it stores', PUBLISH] as const),
      '    await stored\n    if (packetId !== 0) connection.responder.puback(packetId)',
      '    if (packetId !== 0) connection.responder.puback(packetId)\n    await stored',
    ),
  },
  {
    rule: 'acknowledged-is-stored',
    mutant: mutant(
      ...(['H252', 'takes every PUBLISH with DUP for a copy of what it has', PUBLISH] as const),
      '  return storeTelemetry(connection, session, message, acknowledged ? packetId : 0)',
      '  if ((header & 8) !== 0) {\n    connection.responder.puback(packetId)\n    return undefined\n  }\n  return storeTelemetry(connection, session, message, acknowledged ? packetId : 0)',
    ),
  },
  {
    rule: 'order-kept',
    mutant: mutant(
      ...(['H253', 'handles the next packet while one takes time', 'mock-hub/mqtt/connection.ts'] as const),
      'if (work !== undefined) this.#waitFor(work)',
      'void work?.catch(() => undefined)',
    ),
  },
  {
    rule: 'settled-once',
    mutant: {
      ...{ id: 'H254', what: 'never ends the lock of a message' },
      edits: [
        {
          file: C2D,
          find: 'if (entry.lock?.token !== token) return',
          replace: 'if (entry.lock?.token === token) return',
        },
        {
          file: C2D,
          find: 'if (entry.lock?.link !== link) continue',
          replace: 'if (entry.lock?.link === link) continue',
        },
      ],
    },
  },
  {
    rule: 'settled-once',
    mutant: mutant(
      ...(['H255', 'tells twice what became of a message that it delivered again', C2D] as const),
      "    const { ack, messageId = '' } = entry.message.system\n",
      "    const { ack, messageId = '' } = entry.message.system\n    if (entry.deliveries > 1)\n      this.#deps.feedback.add(ack, outcome, {\n        originalMessageId: messageId,\n        deviceId: target.deviceId,\n        deviceGenerationId: entry.generationId,\n      })\n",
    ),
  },
  {
    rule: 'versions-rise',
    mutant: mutant(
      ...(['H256', 'gives the same version twice', TWINS] as const),
      '    const next = version + 1\n',
      '    const next = version + (version % 5 === 0 ? 0 : 1)\n',
    ),
  },
  {
    rule: 'one-link',
    mutant: mutant(
      ...([
        'H257',
        'keeps the older link of a device that connects again',
        'mock-hub/core/sessions/sessions.ts',
      ] as const),
      "if (older !== undefined) this.#close(older, 'taken-over')",
      "if (older !== undefined && older.link.transport !== link.transport) this.#close(older, 'taken-over')",
    ),
  },
  {
    rule: 'answered-by-the-asked',
    mutant: mutant(
      ...(['H258', 'now and then asks another device', 'mock-hub/core/methods/methods.ts'] as const),
      '      const link = this.#deps.linkOf(target)\n      if (link?.accepts',
      "      const link = this.#deps.linkOf(this.#lastRequest % 7 === 0 ? { deviceId: 'reference-1' } : target)\n      if (link?.accepts",
    ),
  },
  {
    rule: 'last-report-wins',
    mutant: mutant(
      ...(['H259', 'loses what a device reports over a new connection', TWINS] as const),
      "    this.#states.set(identityKey(identity), { document, counter: before.counter })\n    if (this.#listeners.size > 0)\n      this.#listeners.tell({ type: 'patched', before: before.document, twin: document, reported: patch })",
      "    if (document.version % 3 !== 0 || document.version < 60)\n      this.#states.set(identityKey(identity), { document, counter: before.counter })\n    if (this.#listeners.size > 0)\n      this.#listeners.tell({ type: 'patched', before: before.document, twin: document, reported: patch })",
    ),
  },
]

/**
 * Runs each broken hub, in a copy of the tree.
 * @param say receives a line each.
 * @returns how many were found by the rule that they break.
 */
export async function findBrokenHubs(seed: number, say: (line: string) => void): Promise<number> {
  const copy = new WorkingCopy()
  let found = 0
  try {
    for (const { mutant: hub, rule } of BROKEN_HUBS) {
      const seen = new Set<string>()
      for (let next = seed; next < seed + MOST_SEEDS && !seen.has(rule); next++) {
        const output = await copy.with(hub, () => copy.output([...CHAOS, '--seed', String(next), '--first']))
        for (const name of /violated: (.*)/.exec(output)?.[1]?.split(' ') ?? []) seen.add(name)
      }
      if (seen.has(rule)) found++
      say(
        `${hub.id} ${hub.what}: ${seen.has(rule) ? 'found' : 'NOT FOUND'} (${[...seen].join(' ') || 'nothing'})`,
      )
    }
  } finally {
    copy.close()
  }
  return found
}
