/** What a target condition may be about, more narrowly than a query (docs/contract/configurations.md#configurations-condition-names). */

import type { Expression, PathExpression } from '../query/ast.ts'
import { canonicalPath } from '../query/names.ts'

const NAMES = "'deviceId', 'tags', or 'properties.reported'"
const SUBJECT = /^(?:deviceId|moduleId|tags\..+|properties\.reported\..+)$/s

/** @returns what is wrong, as the service says it; undefined: nothing. */
export function targetError(where: Expression): string | undefined {
  const parts = [...partsOf(where)]
  const other = parts.find((part): part is PathExpression => part.type === 'path' && !isSubject(part))
  if (other !== undefined)
    return `Invalid targetCondition. It must be a filter condition based on ${NAMES}. It contains: ${other.path.join('.')}`
  return parts.some(({ type }) => type === 'in') ? 'BadRequest' : undefined
}

const isSubject = ({ path }: PathExpression): boolean => SUBJECT.test(canonicalPath(path).join('.'))

function* partsOf(expression: Expression): Generator<Expression> {
  yield expression
  for (const part of below(expression)) yield* partsOf(part)
}

function below(expression: Expression): readonly Expression[] {
  switch (expression.type) {
    case 'literal':
    case 'path':
      return []
    case 'not':
    case 'negative':
      return [expression.of]
    case 'in':
      return [expression.value]
    case 'call':
      return expression.arguments
    case 'and':
    case 'or':
    case 'compare':
    case 'arithmetic':
      return [expression.left, expression.right]
  }
}
