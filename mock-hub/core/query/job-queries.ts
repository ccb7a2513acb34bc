import type { Expression, PathExpression, Query } from './ast.ts'
import { canonicalPath } from './names.ts'
import { queryError } from './parse.ts'

/**
 * What queries of `devices.jobs` do not have, by the page on job queries: columns, aggregates and conditions over the twin.
 * @throws HubError ArgumentInvalid.
 */
export function checkJobQuery({ select, where }: Query): void {
  if (select !== '*') throw queryError({ line: 1, column: 1 }, 'FROM devices.jobs goes with SELECT * only')
  const twinPath = where === undefined ? undefined : findPath(where, isTwinPath)
  if (twinPath !== undefined)
    throw queryError(twinPath.at, 'FROM devices.jobs has no conditions over the twin')
}

function isTwinPath({ path }: PathExpression): boolean {
  const [name] = canonicalPath(path)
  return name === 'tags' || name === 'properties'
}

function findPath(
  expression: Expression,
  isWanted: (path: PathExpression) => boolean,
): PathExpression | undefined {
  switch (expression.type) {
    case 'path':
      return isWanted(expression) ? expression : undefined
    case 'literal':
      return undefined
    case 'not':
    case 'negative':
      return findPath(expression.of, isWanted)
    case 'in':
      return findPath(expression.value, isWanted)
    case 'call':
      return expression.arguments.map((one) => findPath(one, isWanted)).find((path) => path !== undefined)
    default:
      return findPath(expression.left, isWanted) ?? findPath(expression.right, isWanted)
  }
}
