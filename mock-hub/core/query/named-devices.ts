import type { Expression } from './ast.ts'
import { canonicalPath } from './names.ts'
import type { Value } from './value.ts'

/**
 * The ids that `deviceId = 'x'` or `deviceId IN […]` allow, alone or joined by AND to anything.
 * @returns undefined when a condition allows devices that it does not name.
 */
export function namedDevices(where: Expression): readonly string[] | undefined {
  if (where.type === 'and') return namedDevices(where.left) ?? namedDevices(where.right)
  if (where.type === 'compare' && where.operator === '=') {
    const [path, literal] = where.left.type === 'path' ? [where.left, where.right] : [where.right, where.left]
    return isDeviceId(path) && literal.type === 'literal' ? textsOf([literal.value]) : undefined
  }
  if (where.type === 'in' && !where.negated && isDeviceId(where.value)) return textsOf(where.values)
  return undefined
}

function isDeviceId(expression: Expression): boolean {
  if (expression.type !== 'path') return false
  const [name, ...rest] = canonicalPath(expression.path)
  return rest.length === 0 && (name === 'deviceId' || name === 'id')
}

function textsOf(values: readonly Value[]): readonly string[] | undefined {
  return values.every((value) => typeof value === 'string') ? values : undefined
}
