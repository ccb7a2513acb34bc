/** Runs queries: text to pages of rows (docs/contract/queries.md). */

import type { JsonObject } from '../../base/json.ts'
import type { Page, PageRequest, Queries } from '../contract/services/queries.ts'
import type { Collection, Expression, Query, Target } from './ast.ts'
import { compile } from './compile.ts'
import { ContinuationTokens, type Progress } from './continuation-tokens.ts'
import { checkJobQuery } from './job-queries.ts'
import { namedDevices } from './named-devices.ts'
import { pageSize } from './page-size.ts'
import { parseQuery, parseTarget, STRICT_DIALECT, type Dialect } from './parse.ts'
import type { Rows, TwinRow } from './rows.ts'
import { compileAggregation, compileProjection, isAggregate } from './select.ts'

export interface Collections {
  readonly devices: Rows<TwinRow>
  readonly 'devices.modules': Rows<TwinRow>
  readonly 'devices.jobs': Rows<JsonObject>
}

/** A target over devices or modules. */
export type TwinTarget = Target & { readonly from: 'devices' | 'devices.modules' }

export interface QueryOptions {
  /** The language that queries and targets are read in. @default as the service is known to read it */
  readonly dialect?: Dialect
  /** Seals the continuation tokens. */
  readonly tokens?: ContinuationTokens
  /** What the next query of a back end sees instead; undefined: the collections as they are. */
  readonly lagging?: () => Collections | undefined
}

export class HubQueries implements Queries {
  readonly #collections: Collections
  readonly #dialect: Dialect
  readonly #tokens: ContinuationTokens
  readonly #lagging: () => Collections | undefined

  /** @param collections what there is to query. */
  constructor(collections: Collections, options: QueryOptions = {}) {
    this.#collections = collections
    this.#dialect = options.dialect ?? STRICT_DIALECT
    this.#tokens = options.tokens ?? new ContinuationTokens()
    this.#lagging = options.lagging ?? (() => undefined)
  }

  run(text: string, request: PageRequest = {}): Page {
    const query = parseQuery(text, this.#dialect)
    const size = pageSize(request.maxItems)
    const progress = this.#tokens.read(text, request.continuation)
    const collections = this.#lagging() ?? this.#collections
    const { rows, next } =
      query.from === 'devices.jobs'
        ? page(query, collections['devices.jobs'], progress, size)
        : page(query, collections[query.from], progress, size)
    return {
      itemType: query.select !== '*' ? 'Raw' : query.from === 'devices.jobs' ? 'DeviceJob' : 'Twin',
      rows,
      continuation: next === undefined ? undefined : this.#tokens.create(text, next),
    }
  }

  /** All rows at once; for metrics. @throws HubError as {@link run}. */
  all(text: string): readonly JsonObject[] {
    const query = parseQuery(text, this.#dialect)
    return query.from === 'devices.jobs'
      ? page(query, this.#collections['devices.jobs'], { given: 0 }, Infinity).rows
      : page(query, this.#collections[query.from], { given: 0 }, Infinity).rows
  }

  /** Checks without running. @throws HubError as {@link run}. */
  check(text: string): void {
    const query = parseQuery(text, this.#dialect)
    if (query.from === 'devices.jobs') prepare(query, this.#collections['devices.jobs'])
    else prepare(query, this.#collections[query.from])
  }

  /**
   * A target condition in the language of this hub's queries.
   * @throws HubError ArgumentInvalid (syntax), PreconditionFailed (too long).
   */
  parseTarget(text: string): Target {
    return parseTarget(text, this.#dialect)
  }

  /** The devices or modules that a target means. */
  select(target: TwinTarget): Iterable<TwinRow> {
    const source = this.#collections[target.from]
    return filter(candidates(target, source, undefined), condition(target.where, source))
  }

  /** Whether a target means a row of its collection. */
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
  if (query.from === 'devices.jobs') checkJobQuery(query)
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

/** A condition that names its devices is answered without a scan. */
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
