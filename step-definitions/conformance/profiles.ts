/** Profiles: groups of requirements for a client or a hub. A profile is met when all its requirements are. */

import { isNeutral, type Requirement, type RequirementClass, type Subject } from '../catalogue/requirement.ts'
import type { Verdict } from './verdict.ts'

export interface Profile {
  readonly of: readonly Subject[]
  /** Default: all but those of provisioning, which is a service of its own. */
  readonly capabilities?: readonly string[]
  /** Language-neutral: `own` for the requirements that name the profile, `all` for those of every such profile. */
  readonly neutral?: 'own' | 'all'
}

/** The capabilities that every client needs. */
const CORE = ['connection', 'telemetry', 'tls.custom-ca']
const CLIENT: readonly Subject[] = ['device', 'module']
/** Asked of every client: what it does not offer counts against it. Of the others it is left out, and listed. */
const ASKED_OF_ALL = 'client-protocol'
/** The features and options of section «Profiles» in docs/driver-authors.md; each has requirements that name it. */
const FEATURES = [
  ...['twin', 'methods', 'c2d', 'status', 'tokens', 'x509', 'symmetric-key', 'upload', 'websocket', 'proxy'],
  ...['gateway', 'outputs', 'invoke', 'edge', 'observed', 'provisioning'],
]

export const PROFILES: Readonly<Record<string, Profile>> = {
  [ASKED_OF_ALL]: { of: CLIENT, neutral: 'own' },
  'client-semantic': { of: CLIENT, neutral: 'all' },
  ...Object.fromEntries(
    FEATURES.map((name): [string, Profile] => [`client-${name}`, { of: CLIENT, neutral: 'own' }]),
  ),
  'python-api-device-core': { of: ['device'], capabilities: CORE },
  'python-api-device-full': { of: ['device'] },
  'python-api-module-core': { of: ['module'], capabilities: CORE },
  'python-api-module-full': { of: ['module'] },
  'python-api-resilience': {
    of: CLIENT,
    capabilities: ['retry', 'auto-connect', 'keep-alive', 'state-events'].map((name) => `connection.${name}`),
  },
  'hub-core': {
    of: ['hub'],
    capabilities: ['conn', 'auth', 'sess', 'd2c', 'c2d', 'meth', 'twin'].map((name) => `hub.${name}`),
  },
  'hub-full': { of: ['hub'] },
  'provisioning-client': { of: ['device'], capabilities: ['provisioning', 'provisioning.tls'] },
  'provisioning-service': { of: ['hub'], capabilities: ['hub.provisioning'] },
}
const PROVISIONING = ['provisioning', 'provisioning.tls', 'hub.provisioning']

function covers({ capabilities }: Profile, capability: string): boolean {
  return capabilities?.includes(capability) ?? !PROVISIONING.includes(capability)
}

/** Names of earlier versions, which are still taken. */
const RENAMED: ReadonlyMap<string, string> = new Map(
  ['device-core', 'device-full', 'module-core', 'module-full', 'resilience'].map((name) => [
    name,
    `python-api-${name}`,
  ]),
)

/** The name of a profile today. @param name one of today, or of an earlier version. */
export function currentName(name: string): string {
  return RENAMED.get(name) ?? name
}

interface Judged {
  readonly requirement: string
  readonly identity: Subject
  readonly capability: string
  readonly class?: RequirementClass
  readonly profile?: string
  readonly verdict: Verdict
  readonly neutral?: Verdict
}

export interface ProfileResult {
  readonly met: boolean
  /** The number of applicable requirements, each counted per class. */
  readonly requirements: number
  /** `ID class: VERDICT` of the requirements that are not met. */
  readonly against: readonly string[]
  /** `ID class` of the requirements that the client does not claim; language-neutral profiles leave them out. */
  readonly notClaimed?: readonly string[]
}

/** The requirements of a profile. */
export function requirementsOf(
  name: string,
  profile: Profile,
  catalogue: readonly Requirement[],
): readonly Requirement[] {
  const { of, neutral } = profile
  return catalogue.filter(
    (row) =>
      row.testability === 'testable' &&
      row.applies.some((subject) => of.includes(subject)) &&
      (neutral === undefined ? covers(profile, row.capability) : belongs(row, name, neutral)),
  )
}

function belongs(
  row: { readonly class?: RequirementClass; readonly profile?: string },
  name: string,
  neutral: 'own' | 'all',
): boolean {
  return neutral === 'all' ? isNeutral(row) : row.profile === name
}

/**
 * @returns by name, the profiles of which at least one requirement was tested. A language-neutral one has an entry for
 *   each class of clients: `client-protocol/device`.
 */
export function profileResults(records: readonly Judged[]): Readonly<Record<string, ProfileResult>> {
  return Object.fromEntries(
    Object.entries(PROFILES).flatMap(([name, profile]) =>
      profile.neutral === undefined
        ? documented(name, profile, records)
        : profile.of.flatMap((identity) => neutralResult(name, profile, identity, records)),
    ),
  )
}

function documented(name: string, profile: Profile, records: readonly Judged[]): [string, ProfileResult][] {
  const own = records.filter(
    ({ identity, capability }) => profile.of.includes(identity) && covers(profile, capability),
  )
  if (own.length === 0) return []
  const against = own.filter(({ verdict }) => !isMet(verdict)).map((record) => line(record, record.verdict))
  return [[name, { met: against.length === 0, requirements: own.length, against }]]
}

function neutralResult(
  name: string,
  { neutral = 'own' }: Profile,
  identity: Subject,
  records: readonly Judged[],
): [string, ProfileResult][] {
  const all = records.flatMap((record) =>
    record.identity === identity && record.neutral !== undefined && belongs(record, name, neutral)
      ? [{ ...record, verdict: record.neutral }]
      : [],
  )
  // A client that claims nothing of it has no such class or feature.
  if (all.every(({ verdict }) => verdict === 'NOT_SUPPORTED')) return []
  const left = all.filter(({ verdict, profile }) => verdict === 'NOT_SUPPORTED' && profile !== ASKED_OF_ALL)
  const own = all.filter((record) => !left.includes(record))
  const against = own.filter(({ verdict }) => !isMet(verdict)).map((record) => line(record, record.verdict))
  return [
    [
      `${name}/${identity}`,
      {
        ...{ met: against.length === 0, requirements: own.length, against },
        notClaimed: left.map(({ requirement }) => `${requirement} ${identity}`),
      },
    ],
  ]
}

/** Whether the profiles that every client must meet are met; true when none of them was tested. */
export function meetsWhatIsAsked(results: Readonly<Record<string, ProfileResult>>): boolean {
  return CLIENT.every((identity) => results[`${ASKED_OF_ALL}/${identity}`]?.met ?? true)
}

function isMet(verdict: Verdict): boolean {
  return verdict === 'PASS' || verdict === 'WARN'
}

function line({ requirement, identity }: Judged, verdict: Verdict): string {
  return `${requirement} ${identity}: ${verdict}`
}
