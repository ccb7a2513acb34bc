/** Runs queries, page by page. */

import type { JsonObject } from '../../base/json.ts'
import type { Page, PageRequest, Queries } from '../contract/services/queries.ts'
import type { Collection, Expression, Query, Target } from './ast.ts'
import { compile } from './compile.ts'
import { ContinuationTokens, type Progress } from './continuation-tokens.ts'
import { pageSize } from './page-size.ts'
import { parseQuery, queryError } from './parse.ts'
import type { Rows, TwinRow } from './rows.ts'
import { compileAggregation, compileProjection, isAggregate } from './select.ts'

export interface Collections {
  readonly devices: Rows<TwinRow>
  readonly 'devices.modules': Rows<TwinRow>
  readonly 'devices.jobs': Rows<JsonObject>
}

/** A target over devices or modules. */
export type TwinTarget = Target & { readonly from: 'devices' | 'devices.modules' }

export class HubQueries implements Queries {
  readonly #collections: Collections
  readonly #tokens: ContinuationTokens

  constructor(collections: Collections, tokens = new ContinuationTokens()) {
    this.#collections = collections
    this.#tokens = tokens
  }

  run(text: string, request: PageRequest = {}): Page {
    const query = parseQuery(text)
    const size = pageSize(request.maxItems)
    const progress = this.#tokens.read(text, request.continuation)
    const { rows, next } =
      query.from === 'devices.jobs'
        ? page(query, this.#collections['devices.jobs'], progress, size)
        : page(query, this.#collections[query.from], progress, size)
    return {
      itemType: query.select !== '*' ? 'Raw' : query.from === 'devices.jobs' ? 'DeviceJob' : 'Twin',
      rows,
      continuation: next === undefined ? undefined : this.#tokens.create(text, next),
    }
  }

  /** All rows; for metrics. @throws HubError as {@link run}. */
  all(text: string): readonly JsonObject[] {
    const query = parseQuery(text)
    return query.from === 'devices.jobs'
      ? page(query, this.#collections['devices.jobs'], { given: 0 }, Infinity).rows
      : page(query, this.#collections[query.from], { given: 0 }, Infinity).rows
  }

  /** Checks without running. @throws HubError as {@link run}. */
  check(text: string): void {
    const query = parseQuery(text)
    if (query.from === 'devices.jobs') prepare(query, this.#collections['devices.jobs'])
    else prepare(query, this.#collections[query.from])
  }

  /**
   * The devices or modules that a target means.
   * @throws HubError ArgumentInvalid for an unknown function.
   */
  select(target: TwinTarget): Iterable<TwinRow> {
    const source = this.#collections[target.from]
    return filter(candidates(target, source, undefined), condition(target.where, source))
  }

  /**
   * Whether a target means a row of its collection.
   * @throws HubError ArgumentInvalid for an unknown function.
   */
  predicate({ from, where }: TwinTarget): (row: TwinRow) => boolean {
    return condition(where, this.#collections[from])
  }
}

function condition<R>(where: Expression | undefined, { fields }: Rows<R>): (row: R) => boolean {
  if (where === undefined) return () => true
  const holds = compile(where, fields)
  return (row) => holds(row) === true
}

function prepare<R>(query: Query, source: Rows<R>) {
  if (query.from === 'devices.jobs' && query.select !== '*')
    throw queryError({ line: 1, column: 1 }, 'FROM devices.jobs goes with SELECT * only')
  return {
    holds: condition(query.where, source),
    project: compileProjection(query, source.fields, source.document),
    aggregate: isAggregate(query) ? compileAggregation(query, source.fields) : undefined,
  }
}

function page<R>(
  query: Query,
  source: Rows<R>,
  progress: Progress,
  size: number,
): { rows: readonly JsonObject[]; next: Progress | undefined } {
  const { holds, project, aggregate } = prepare(query, source)
  const left = Math.min(size, (query.top ?? Infinity) - progress.given)
  const matching = filter(candidates(query, source, progress.after), holds)
  if (aggregate !== undefined || project === undefined) {
    const all = aggregate?.(matching) ?? []
    const rows = all.slice(progress.given, progress.given + left)
    const given = progress.given + rows.length
    const more = given < Math.min(all.length, query.top ?? Infinity)
    return { rows, next: more ? { given } : undefined }
  }
  const rows: JsonObject[] = []
  let after = progress.after
  for (const row of matching) {
    if (rows.length >= left) {
      const given = progress.given + rows.length
      return { rows, next: given < (query.top ?? Infinity) ? { given, after } : undefined }
    }
    rows.push(project(row))
    if (rows.length === left) after = source.position(row)
  }
  return { rows, next: undefined }
}

/** The rows that can match; a condition that names its devices needs no scan. */
function candidates<R>(
  query: { readonly from: Collection; readonly where: Expression | undefined },
  source: Rows<R>,
  after: Progress['after'],
): Iterable<R> {
  const deviceIds = query.where === undefined ? undefined : namedDevices(query.where)
  if (deviceIds === undefined) return source.scan(after)
  const rows = source.ofDevices(deviceIds)
  return after === undefined ? rows : behind(rows, source, after.key)
}

function* behind<R>(rows: Iterable<R>, source: Rows<R>, key: string): Iterable<R> {
  let found = false
  for (const row of rows) {
    if (found) yield row
    found ||= source.position(row).key === key
  }
}

function* filter<R>(rows: Iterable<R>, holds: (row: R) => boolean): Iterable<R> {
  for (const row of rows) if (holds(row)) yield row
}

/** The ids that `deviceId = 'x'` or `deviceId IN […]` allows, alone or as part of an AND. */
function namedDevices(where: Expression): readonly string[] | undefined {
  if (where.type === 'and') return namedDevices(where.left) ?? namedDevices(where.right)
  if (where.type === 'compare' && where.operator === '=') {
    const [path, literal] = where.left.type === 'path' ? [where.left, where.right] : [where.right, where.left]
    return isDeviceId(path) ? textsOf([literal]) : undefined
  }
  if (where.type === 'in' && !where.negated && isDeviceId(where.value)) return textsOf(where.list)
  return undefined
}

function isDeviceId(expression: Expression): boolean {
  if (expression.type !== 'path') return false
  return /^(devices\.((modules|jobs)\.)?)?deviceid$/i.test(expression.path.join('.'))
}

function textsOf(list: readonly Expression[]): readonly string[] | undefined {
  const texts: string[] = []
  for (const item of list) {
    if (item.type !== 'literal' || typeof item.value !== 'string') return undefined
    texts.push(item.value)
  }
  return texts
}
