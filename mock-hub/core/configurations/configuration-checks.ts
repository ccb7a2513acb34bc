import type { ConfigurationContent } from '../contract/services/configurations.ts'
import { checkIfMatch, wantedEtag } from '../contract/etag.ts'
import type { IfMatch } from '../contract/registry.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import type { HubQueries } from '../query/queries.ts'
import { contentError, deploymentError } from './configuration-content.ts'
import type { Configuration, Targets } from './configuration.ts'
import { targetError } from './target-conditions.ts'

const RULE = 'WIRE-CFG-01'

/** @throws HubError ConfigurationNotFound: `ifMatch` wants one that exists; ArgumentInvalid. */
export function checkNewId(id: string, ifMatch: IfMatch): void {
  const wanted = wantedEtag(ifMatch)
  if (wanted !== undefined && wanted !== '*') throw configurationNotFound(id)
  if (!/^[a-z0-9\-+%_*!']{1,128}$/.test(id))
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'The configuration id is not valid.',
      rule: RULE,
      expected: "1 to 128 lower-case letters, digits and - + % _ * ! '",
      received: quoted(id),
    })
}

/** @throws HubError ConfigurationAlreadyExists, PreconditionFailed. */
export function checkConfigurationMatch(id: string, etag: string, ifMatch: IfMatch): void {
  if (wantedEtag(ifMatch) === undefined)
    throw new HubError({
      kind: 'ConfigurationAlreadyExists',
      message: `Configuration '${id}' exists; If-Match says that it may be changed.`,
      rule: RULE,
      expected: 'If-Match with * or an etag in quotes, or a new id',
      received: ifMatch === undefined ? 'no If-Match' : quoted(ifMatch),
    })
  checkConfigurationEtag(etag, ifMatch)
}

/** @throws HubError PreconditionFailed. */
export function checkConfigurationEtag(etag: string, ifMatch: IfMatch): void {
  checkIfMatch(ifMatch, etag, { rule: RULE, message: () => 'The ETag does not match.' })
}

/**
 * The content of a configuration that is created, or of one that exists: each write has one, and the first stays
 * (WIRE-CFG-08).
 * @throws HubError InvalidConfigurationContent.
 */
export function checkedContent(
  given: ConfigurationContent | null | undefined,
  before: ConfigurationContent | undefined,
): ConfigurationContent {
  const problem = contentError(given) ?? (given == null ? undefined : deploymentError(given))
  if (given == null || problem !== undefined) throw invalidContent(problem ?? 'content is missing')
  return before ?? given
}

/** `SELECT *` alone is a metric too: the suite of the CLI creates it (WIRE-CFG-06). It counts devices. */
export function metricQuery(text: string): string {
  return /^\s*select\s+\*\s*$/i.test(text) ? `${text} FROM devices` : text
}

/** @throws HubError InvalidConfigurationCustomMetricsQuery. */
export function checkMetrics(
  metrics: Readonly<Record<string, string>>,
  queries: Pick<HubQueries, 'check'>,
): void {
  for (const [name, query] of Object.entries(metrics))
    try {
      queries.check(metricQuery(query))
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      throw new HubError({
        kind: 'InvalidConfigurationCustomMetricsQuery',
        message: `metrics.queries.${name.slice(0, 64)}: ${error.message}`,
        rule: RULE,
        expected: 'a query',
        received: error.explanation.received,
      })
    }
}

/** A whole condition in quotation marks is a text. @throws HubError ArgumentInvalid. */
function checkNoText(condition: string): void {
  if (!/^\s*"[^"]*"\s*$/.test(condition)) return
  throw new HubError({
    kind: 'ArgumentInvalid',
    message: 'BadRequest',
    rule: RULE,
    expected: 'a condition without quotation marks around it',
    received: condition.slice(0, 200),
  })
}

/**
 * The devices or modules that a target condition means.
 * @returns undefined: the condition is empty, it means none.
 * @throws HubError InvalidConfigurationTargetCondition, ArgumentInvalid.
 */
export function targetsOf(
  condition: string,
  queries: Pick<HubQueries, 'parseTarget' | 'predicate'>,
): Targets | undefined {
  if (condition.trim() === '') return undefined
  checkNoText(condition)
  try {
    const { from, where } = queries.parseTarget(condition)
    if (from === 'devices.jobs')
      throw new HubError({
        kind: 'ArgumentInvalid',
        message: 'A target condition is over devices or modules, not over jobs.',
        rule: RULE,
        expected: 'devices or devices.modules',
        received: from,
      })
    const problem = where === undefined ? undefined : targetError(where)
    if (problem !== undefined)
      throw new HubError({
        kind: 'ArgumentInvalid',
        message: problem,
        rule: RULE,
        expected: 'a condition on ids, tags and reported properties, without IN',
        received: condition.slice(0, 200),
      })
    return { from, holds: queries.predicate({ from, where }) }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    throw new HubError({
      kind: 'InvalidConfigurationTargetCondition',
      message: error.message,
      rule: RULE,
      expected: 'a condition over devices or modules',
      received: error.explanation.received,
    })
  }
}

/** As {@link targetsOf}, for a test of the condition: `*` is none there (WIRE-CFG-03). @throws HubError InvalidConfigurationTargetCondition. */
export function testedTargets(
  condition: string,
  queries: Pick<HubQueries, 'parseTarget' | 'predicate'>,
): Targets | undefined {
  if (condition.trim() !== '*') return targetsOf(condition, queries)
  throw new HubError({
    kind: 'InvalidConfigurationTargetCondition',
    message: "SQL query parse failed due to following errors: \n\tLine 1:1 Unexpected character at input '*'",
    rule: 'WIRE-CFG-03',
    expected: 'a condition over devices or modules: * is for configurations alone',
    received: '*',
  })
}

/**
 * Content for modules needs a condition over modules (docs/contract/configurations.md#configurations-module-content).
 * @throws HubError InvalidConfigurationContent.
 */
export function checkKind({ content, targets }: Pick<Configuration, 'content' | 'targets'>): void {
  if (Object.keys(content.moduleContent ?? {}).length > 0 && targets?.from === 'devices')
    throw invalidContent('moduleContent, with a condition over devices')
}

/** @throws HubError ConfigurationCountLimitExceeded. */
export function checkCount(count: number, most: number): void {
  if (count < most) return
  throw new HubError({
    kind: 'ConfigurationCountLimitExceeded',
    message: `Number of deployments exceed the maximum quota ${String(most)} for this IotHub.`,
    rule: RULE,
    expected: `at most ${String(most)} configurations`,
    received: 'one more',
  })
}

/** The text is the service's; the explanation says what is wrong. */
export function invalidContent(problem: string, rule = RULE): HubError {
  return new HubError({
    kind: 'InvalidConfigurationContent',
    message: 'The content provided for configuration is invalid. Please check and try again',
    rule,
    expected: 'a configuration content',
    received: problem.slice(0, 200),
  })
}

export function configurationNotFound(id: string): HubError {
  return new HubError({
    kind: 'ConfigurationNotFound',
    message: `Configuration '${id}' was not found.`,
    rule: RULE,
    expected: 'the id of a configuration',
    received: quoted(id),
  })
}
