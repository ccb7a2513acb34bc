/** A rule for each setting that a user may change, derived from the type of its default value. */

import { STRICT, type Settings, type Tier } from '../core/contract/settings.ts'
import { BOOLEAN, listOf, oneOf, rule, type Rule } from './value-rules.ts'

type EventSource = Settings['eventSources'][number]

/** Records, so that the compiler reports a missing one. */
const ALL_TIERS: Readonly<Record<Tier, true>> = {
  ...{ F1: true, B1: true, B2: true, B3: true, S1: true, S2: true, S3: true },
}
const ALL_EVENT_SOURCES: Readonly<Record<EventSource, true>> = {
  twinChangeEvents: true,
  deviceLifecycleEvents: true,
  deviceConnectionStateEvents: true,
}

export const TIERS = Object.keys(ALL_TIERS)
export const EVENT_SOURCES = Object.keys(ALL_EVENT_SOURCES) as readonly EventSource[] // the keys of the record

const NUMBER = rule('to be a number from 0', (value) => typeof value === 'number' && value >= 0)

/** The host name and its aliases are options of their own. */
const NOT_A_SETTING: readonly string[] = ['hostName', 'aliases']

export const SETTING_RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    Object.entries(STRICT)
      .filter(([name]) => !NOT_A_SETTING.includes(name))
      .map(([name, value]) => [name, typeof value === 'boolean' ? BOOLEAN : NUMBER]),
  ),
  eventSources: listOf(oneOf(...EVENT_SOURCES)),
  tier: oneOf(...TIERS),
}
