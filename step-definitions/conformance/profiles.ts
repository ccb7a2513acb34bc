/** Profiles: groups of requirements for a client or a hub. A profile is met when all its requirements are. */

import type { Requirement, Subject } from '../catalogue/requirement.ts'
import type { Verdict } from './verdict.ts'

interface Profile {
  readonly of: readonly Subject[]
  /** Default: all but those of provisioning, which is a service of its own. */
  readonly capabilities?: readonly string[]
}

/** The capabilities that every client needs. */
const CORE = ['connection', 'telemetry', 'tls.custom-ca']
const CLIENT: readonly Subject[] = ['device', 'module']

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
  'provisioning-client': { of: ['device'], capabilities: ['provisioning'] },
  'provisioning-service': { of: ['hub'], capabilities: ['hub.provisioning'] },
}
const PROVISIONING = ['provisioning', 'hub.provisioning']

function covers({ capabilities }: Profile, capability: string): boolean {
  return capabilities?.includes(capability) ?? !PROVISIONING.includes(capability)
}

interface Judged {
  readonly requirement: string
  readonly identity: Subject
  readonly capability: string
  readonly verdict: Verdict
}

export interface ProfileResult {
  readonly met: boolean
  /** The number of applicable requirements, each counted per class. */
  readonly requirements: number
  /** `ID class: VERDICT` of the requirements that are not met. */
  readonly against: readonly string[]
}

/** The requirements of a profile. */
export function requirementsOf(profile: Profile, catalogue: readonly Requirement[]): readonly Requirement[] {
  return catalogue.filter(
    ({ applies, capability, testability }) =>
      testability === 'testable' &&
      applies.some((subject) => profile.of.includes(subject)) &&
      covers(profile, capability),
  )
}

/** @returns by name, the profiles of which at least one requirement was tested. */
export function profileResults(records: readonly Judged[]): Readonly<Record<string, ProfileResult>> {
  return Object.fromEntries(
    Object.entries(PROFILES).flatMap(([name, profile]) => {
      const own = records.filter(
        ({ identity, capability }) => profile.of.includes(identity) && covers(profile, capability),
      )
      if (own.length === 0) return []
      const against = own
        .filter(({ verdict }) => verdict !== 'PASS' && verdict !== 'WARN')
        .map(({ requirement, identity, verdict }) => `${requirement} ${identity}: ${verdict}`)
      return [[name, { met: against.length === 0, requirements: own.length, against }]]
    }),
  )
}
