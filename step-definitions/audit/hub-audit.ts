/**
 * Watches every answer of a hub in a scenario, whatever the scenario is about, and looks at the end at all that it has
 * touched: what a fault elsewhere has left behind is seen here.
 */

import { Agent } from 'node:https'
import { isDeepStrictEqual } from 'node:util'
import type { RawRequest, RawResponse } from '../raw-clients/https-client.ts'
import { ANSWER_RULES } from './answers.ts'
import { namedAsOfIdentity, twinProblems } from './documents.ts'
import { type Exchange, exchangeOf, field, isFields, named } from './exchange.ts'
import { Histories } from './histories.ts'

/** What the audit needs of the hub side of a scenario. */
export interface Audited {
  readonly hub: { now(): number }
  /** The hub is elsewhere: rows of its queries may lag behind. */
  readonly isRemote: boolean
  asService(request: RawRequest, policy?: string, agent?: Agent): Promise<RawResponse>
}

/** Identities at which the last look is taken. */
const MOST_IDENTITIES = 4
const API_VERSION = '2021-04-12'

export class HubAudit {
  readonly #scenario: Audited
  readonly #histories = new Histories()
  readonly #problems: string[] = []
  #pending = 0
  /** Requests so far: one that saw no other begin or end was alone. */
  #begun = 0

  constructor(scenario: Audited) {
    this.#scenario = scenario
  }

  /** An identity came into being without a request. */
  registered(deviceId: string, moduleId: string | undefined): void {
    this.#histories.forget(moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`)
  }

  /** Identities come and change without a request of the scenario. */
  expectChanges(): void {
    this.#histories.expectChanges()
  }

  /** @returns the answer. */
  async watch(
    request: RawRequest,
    caller: 'service' | 'device',
    answer: Promise<RawResponse>,
  ): Promise<RawResponse> {
    const number = ++this.#begun
    const wasAlone = this.#pending++ === 0
    try {
      const response = await answer
      const isAlone = wasAlone && number === this.#begun
      this.#observe(exchangeOf(request, response, { at: this.#scenario.hub.now(), isAlone }), caller)
      return response
    } finally {
      this.#pending--
    }
  }

  #observe(exchange: Exchange, caller: 'service' | 'device'): void {
    const problems = [
      ...ANSWER_RULES.flatMap((rule) => rule(exchange)),
      ...(caller === 'service' ? this.#histories.observe(exchange) : []),
    ]
    for (const problem of problems) this.#problems.push(`${named(exchange)}: ${problem}`)
  }

  /** Looks at all that the scenario has touched. @returns a sentence for each violation. */
  async wrong(keys: readonly string[]): Promise<readonly string[]> {
    const touched = [...new Set([...this.#histories.keys, ...keys])].slice(0, MOST_IDENTITIES)
    if (touched.length > 0 && this.#pending === 0) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      try {
        for (const key of touched) await this.#look(key, agent)
      } finally {
        agent.destroy()
      }
    }
    return [...new Set(this.#problems)]
  }

  /** An edge device has the modules of the runtime, of its own generation (WIRE-REG-90). */
  async #lookAtRuntime(deviceId: string, device: unknown, agent: Agent): Promise<void> {
    const path = `/devices/${encodeURIComponent(deviceId)}/modules?api-version=${API_VERSION}`
    const { body } = await this.#scenario.asService({ method: 'GET', path, headers: {} }, undefined, agent)
    const modules = JSON.parse(body.toString()) as readonly unknown[] // judged by the rules of answers
    for (const name of RUNTIME) {
      const own = modules.find((one) => field(one, 'moduleId') === name)
      if (own === undefined) this.#problems.push(`${deviceId} has no ${name}`)
      else if (field(own, 'generationId') !== field(device, 'generationId'))
        this.#problems.push(`${name} is of another generation than ${deviceId}`)
    }
  }

  async #look(key: string, agent: Agent): Promise<void> {
    const [deviceId = '', moduleId] = key.split('/')
    const get = async (root: string): Promise<RawResponse> => {
      const below = moduleId === undefined ? '' : `/modules/${encodeURIComponent(moduleId)}`
      const path = `/${root}/${encodeURIComponent(deviceId)}${below}?api-version=${API_VERSION}`
      return this.#scenario.asService({ method: 'GET', path, headers: {} }, undefined, agent)
    }
    const identity = await get('devices')
    if (identity.status !== 200) return
    if (field(field(JSON.parse(identity.body.toString()), 'capabilities'), 'iotEdge') === true)
      await this.#lookAtRuntime(deviceId, JSON.parse(identity.body.toString()), agent)
    const twin = await get('twins')
    const from = moduleId === undefined ? 'devices' : 'devices.modules'
    const one = moduleId === undefined ? '' : ` AND moduleId = '${moduleId}'`
    if (this.#scenario.isRemote || twin.status !== 200 || /'/.test(key)) return
    const rows = await this.#scenario.asService(
      {
        ...{ method: 'POST', path: `/devices/query?api-version=${API_VERSION}` },
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(
          JSON.stringify({ query: `SELECT * FROM ${from} WHERE deviceId = '${deviceId}'${one}` }),
        ),
      },
      undefined,
      agent,
    )
    const [row, ...more] = JSON.parse(rows.body.toString()) as readonly unknown[] // judged by the rules of answers
    const problems = [
      ...(more.length === 0 ? [] : ['more than one row']),
      ...twinProblems(row, API_VERSION, true),
      ...sameRow(JSON.parse(twin.body.toString()), row),
    ]
    for (const problem of problems) this.#problems.push(`the row of ${key}: ${problem}`)
  }
}

/** The modules of the IoT Edge runtime. */
const RUNTIME = ['$edgeAgent', '$edgeHub']

/** A row shows the twin as it is. */
function sameRow(twin: unknown, row: unknown): readonly string[] {
  if (!isFields(twin)) return ['the twin is no object']
  const shown = { ...twin, x509Thumbprint: namedAsOfIdentity(twin['x509Thumbprint']) }
  return Object.keys(shown).flatMap((name) =>
    isDeepStrictEqual(field(shown, name), field(row, name)) ? [] : [`${name} is another than in the twin`],
  )
}
