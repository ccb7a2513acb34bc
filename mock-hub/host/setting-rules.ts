/** A rule for each setting that a user may change, derived from the type of its default value. */

import { EVENT_SOURCES } from '../core/contract/message.ts'
import { STRICT, type Tier } from '../core/contract/settings.ts'
import { BOOLEAN, listOf, oneOf, rule, type Rule } from './value-rules.ts'

/** A record, so that the compiler reports a missing one. */
const ALL_TIERS: Readonly<Record<Tier, true>> = {
  ...{ F1: true, B1: true, B2: true, B3: true, S1: true, S2: true, S3: true },
}

export const TIERS = Object.keys(ALL_TIERS)
export const EVENT_SOURCE_LIST = listOf(oneOf(...EVENT_SOURCES))

const NUMBER = rule('to be a number from 0', (value) => typeof value === 'number' && value >= 0)

/** The host name and its aliases are options of their own. */
const NOT_A_SETTING: readonly string[] = ['hostName', 'aliases']

export const SETTING_RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    Object.entries(STRICT)
      .filter(([name]) => !NOT_A_SETTING.includes(name))
      .map(([name, value]) => [name, typeof value === 'boolean' ? BOOLEAN : NUMBER]),
  ),
  eventSources: EVENT_SOURCE_LIST,
  tier: oneOf(...TIERS),
}
