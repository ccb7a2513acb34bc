/** Profiles: what may be said of a client or a hub as a whole. A profile has everything that belongs to it, or is not met. */

import type { Requirement, Subject } from '../catalogue/requirement.ts'
import type { Verdict } from './verdict.ts'

interface Profile {
  readonly of: readonly Subject[]
  /** Left out: all of them. */
  readonly capabilities?: readonly string[]
}

/** What cannot be switched off: who cannot do this is no client. */
const CORE = ['connection', 'telemetry', 'tls.custom-ca']
const CLIENT: readonly Subject[] = ['device', 'module']

/** Conformance guide, section 6. */
export const PROFILES: Readonly<Record<string, Profile>> = {
  'device-core': { of: ['device'], capabilities: CORE },
  'device-full': { of: ['device'] },
  'module-core': { of: ['module'], capabilities: CORE },
  'module-full': { of: ['module'] },
  resilience: {
    of: CLIENT,
    capabilities: ['retry', 'auto-connect', 'keep-alive', 'state-events'].map((name) => `connection.${name}`),
  },
  'hub-core': {
    of: ['hub'],
    capabilities: ['conn', 'auth', 'sess', 'd2c', 'c2d', 'meth', 'twin'].map((name) => `hub.${name}`),
  },
  'hub-full': { of: ['hub'] },
}

interface Judged {
  readonly requirement: string
  readonly identity: Subject
  readonly capability: string
  readonly verdict: Verdict
}

export interface ProfileResult {
  readonly met: boolean
  /** Requirements of the profile that apply, each for its class. */
  readonly requirements: number
  /** `ID class: VERDICT` of those that stand against it. */
  readonly against: readonly string[]
}

/** Requirements that a profile asks for. */
export function requirementsOf(
  { of, capabilities }: Profile,
  catalogue: readonly Requirement[],
): readonly Requirement[] {
  return catalogue.filter(
    ({ applies, capability, testability }) =>
      testability === 'testable' &&
      applies.some((subject) => of.includes(subject)) &&
      (capabilities?.includes(capability) ?? true),
  )
}

/** @returns by name, those of which something was judged. */
export function profileResults(records: readonly Judged[]): Readonly<Record<string, ProfileResult>> {
  return Object.fromEntries(
    Object.entries(PROFILES).flatMap(([name, { of, capabilities }]) => {
      const own = records.filter(
        ({ identity, capability }) => of.includes(identity) && (capabilities?.includes(capability) ?? true),
      )
      if (own.length === 0) return []
      const against = own
        .filter(({ verdict }) => verdict !== 'PASS' && verdict !== 'WARN')
        .map(({ requirement, identity, verdict }) => `${requirement} ${identity}: ${verdict}`)
      return [[name, { met: against.length === 0, requirements: own.length, against }]]
    }),
  )
}
