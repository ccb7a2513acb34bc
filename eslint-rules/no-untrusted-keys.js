/**
 * ESLint rule: no look-up of an untrusted key on a plain object, which also has `constructor`, `toString` and `__proto__`.
 *
 * A key is untrusted when its type is `string` or wider: text that the compiler does not know. Literal types, unions of
 * them, `keyof`, numbers and symbols are trusted. The rule reports `object[key]`, `{ [key]: x } = object` and
 * `key in object`. It allows
 * - Maps, arrays, and computed keys of object literals, which define own properties;
 * - objects made by `Object.create(null)`;
 * - look-ups under the test `Object.hasOwn(object, key)`;
 * - assignments under the test `key !== '__proto__'`, the only name that is not assigned as an own property.
 */

import ts from 'typescript'

const MESSAGE =
  "The key '{{key}}' may be any text, such as 'constructor' or '__proto__': use a Map, or test Object.hasOwn({{object}}, {{key}}) first."

const UNKNOWN_TEXT =
  ts.TypeFlags.String |
  ts.TypeFlags.TemplateLiteral |
  ts.TypeFlags.StringMapping |
  ts.TypeFlags.Any |
  ts.TypeFlags.Unknown

/** The condition under which a node is evaluated, when its parent gives one. */
function conditionOf(node, parent) {
  switch (parent.type) {
    case 'ConditionalExpression':
    case 'IfStatement':
      return node === parent.consequent ? parent.test : undefined
    case 'LogicalExpression':
      return parent.operator === '&&' && node === parent.right ? parent.left : undefined
    default:
      return undefined
  }
}

/** `a`, `b` and `c` of `a && b && c`. */
function conjunctsOf(condition) {
  return condition.type === 'LogicalExpression' && condition.operator === '&&'
    ? [...conjunctsOf(condition.left), ...conjunctsOf(condition.right)]
    : [condition]
}

function isAssigned(node) {
  return (
    node.parent.type === 'AssignmentExpression' && node.parent.left === node && node.parent.operator === '='
  )
}

/** `Object.create(null)`, also behind type assertions. */
function createsNullPrototype(node) {
  if (node?.type === 'TSAsExpression' || node?.type === 'TSSatisfiesExpression')
    return createsNullPrototype(node.expression)
  return (
    node?.type === 'CallExpression' &&
    node.callee.type === 'MemberExpression' &&
    node.callee.object.name === 'Object' &&
    node.callee.property.name === 'create' &&
    node.arguments[0]?.value === null
  )
}

export default {
  meta: {
    type: 'problem',
    docs: { description: 'disallow look-ups of untrusted keys on plain objects' },
    messages: { untrusted: MESSAGE },
    schema: [],
  },
  create(context) {
    const { sourceCode } = context
    const services = sourceCode.parserServices
    const checker = services.program.getTypeChecker()
    const textOf = (node) => sourceCode.getText(node)

    /** The types that the node may have. */
    const typesOf = (node) => {
      const type = services.getTypeAtLocation(node)
      const constraint = checker.getBaseConstraintOfType(type) ?? type
      return constraint.isUnion() ? constraint.types : [constraint]
    }

    const isUntrustedKey = (node) => {
      if (services.getTypeAtLocation(node).flags & ts.TypeFlags.Index) return false // keyof
      return typesOf(node).some(({ flags }) => flags & UNKNOWN_TEXT)
    }

    /** @param anyObject whether objects without an index signature count. */
    const isPlainObject = (node, anyObject) =>
      typesOf(node).some((type) => {
        if (type.flags & ts.TypeFlags.Any) return true
        if (checker.isArrayType(type) || checker.isTupleType(type)) return false
        if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection | ts.TypeFlags.NonPrimitive)))
          return false
        return (
          anyObject || checker.getIndexInfosOfType(type).some(({ keyType }) => keyType.flags & UNKNOWN_TEXT)
        )
      })

    /** Whether the object is a variable that is initialised with `Object.create(null)`. */
    const hasNullPrototype = (node) => {
      if (node.type !== 'Identifier') return false
      for (let scope = sourceCode.getScope(node); scope !== null; scope = scope.upper) {
        const variable = scope.set.get(node.name)
        if (variable !== undefined) return createsNullPrototype(variable.defs[0]?.node.init)
      }
      return false
    }

    /** Whether a condition around the node tests the key. */
    const isGuarded = (node, object, key) => {
      const tests = [`Object.hasOwn(${textOf(object)}, ${textOf(key)})`]
      if (isAssigned(node)) tests.push(`${textOf(key)} !== '__proto__'`)
      for (let child = node, parent = node.parent; parent; child = parent, parent = parent.parent) {
        const condition = conditionOf(child, parent)
        if (condition !== undefined && conjunctsOf(condition).some((part) => tests.includes(textOf(part))))
          return true
      }
      return false
    }

    const check = (node, object, key, anyObject = false) => {
      if (!isUntrustedKey(key) || !isPlainObject(object, anyObject)) return
      if (hasNullPrototype(object) || isGuarded(node, object, key)) return
      context.report({ node, messageId: 'untrusted', data: { key: textOf(key), object: textOf(object) } })
    }

    return {
      MemberExpression(node) {
        if (node.computed) check(node, node.object, node.property)
      },
      BinaryExpression(node) {
        if (node.operator === 'in') check(node, node.right, node.left, true)
      },
      'ObjectPattern > Property[computed=true]'(node) {
        check(node, node.parent, node.key)
      },
    }
  },
}
