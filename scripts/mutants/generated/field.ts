/** Operators made for this field: codes, QoS, queues, versions, encodings, identities, sizes, what a reconnect keeps. */

import ts from 'typescript'
import { type Change, type Operator, replace, textOf } from './change.ts'
import { methods } from './general.ts'

const CODES: ReadonlyMap<number, number> = new Map([
  ...([
    [200, 204],
    [201, 200],
    [204, 200],
    [400, 404],
    [401, 403],
    [403, 401],
    [404, 400],
  ] as const),
  ...([
    [409, 412],
    [412, 409],
    [413, 400],
    [429, 503],
    [500, 400],
    [503, 429],
    [504, 408],
  ] as const),
])
const ERROR_CODES = { from: 400_000, to: 600_000 } as const

function numberOf(node: ts.Node): number | undefined {
  return ts.isNumericLiteral(node) ? Number(node.text) : undefined
}

function otherCode(code: number): number | undefined {
  if (code > ERROR_CODES.from && code < ERROR_CODES.to) return code + 1
  return CODES.get(code)
}

const PAIRS = [
  ...(['desired reported', 'primary secondary', 'primaryKey secondaryKey', 'complete abandon'] as const),
  ...(['positive negative', 'Success Rejected', 'deviceConnected deviceDisconnected'] as const),
  ...(['createDeviceIdentity deleteDeviceIdentity', 'updateTwin replaceTwin', 'enabled disabled'] as const),
  ...(['Connected Disconnected', 'deviceId moduleId', 'queued running', 'Targeted Applied'] as const),
].map((pair) => pair.split(' '))
const OTHER_NAME = new Map(
  PAIRS.flatMap(
    ([a = '', b = '']) =>
      [
        [a, b],
        [b, a],
      ] as const,
  ),
)

const CONVERTS = /^(decodeURIComponent|encodeURIComponent|percentDecode|percentEncode|decode\w*|encode\w*)$/
const LEAVES = /detach|lost|gone|dropp|closed|disconnect|reconnect|resume|linkUp|attach/i

export const FIELD: readonly Operator[] = [
  {
    what: 'answers another code',
    propose: (node, source) => {
      const code = numberOf(node)
      const other = code === undefined ? undefined : otherCode(code)
      return other === undefined ? [] : [replace(node, source, String(other))]
    },
  },
  {
    what: 'is off by one',
    propose: (node, source) => {
      const value = numberOf(node)
      if (value === undefined || value < 2 || otherCode(value) !== undefined) return []
      const { parent } = node
      const isNamed = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
      return isNamed || ts.isBinaryExpression(parent) ? [replace(node, source, String(value + 1))] : []
    },
  },
  {
    what: 'uses the wrong QoS',
    propose: (node, source) => {
      if (!ts.isPropertyAssignment(node) || textOf(node.name, source) !== 'qos') return []
      const value = numberOf(node.initializer)
      return value === undefined ? [] : [replace(node.initializer, source, value === 0 ? '1' : '0')]
    },
  },
  {
    what: 'reverses a queue',
    propose: methods({ shift: 'pop', pop: 'shift', push: 'unshift', unshift: 'push', findLast: 'find' }),
  },
  {
    what: 'goes through it backwards',
    propose: (node, source) => {
      if (!ts.isForOfStatement(node)) return []
      return [replace(node.expression, source, `[...${textOf(node.expression, source)}].reverse()`)]
    },
  },
  {
    what: 'goes through the first alone',
    propose: (node, source) =>
      ts.isForOfStatement(node)
        ? [replace(node.expression, source, `[...${textOf(node.expression, source)}].slice(0, 1)`)]
        : [],
  },
  {
    what: 'takes the first for the last',
    propose: (node, source) => {
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return []
      const [argument] = node.arguments
      if (node.expression.name.text !== 'at' || argument === undefined) return []
      return [replace(argument, source, textOf(argument, source) === '-1' ? '0' : '-1')]
    },
  },
  {
    what: 'keeps a stale number',
    propose: (node, source) => {
      if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken)
        return numberOf(node.right) === 1 ? [replace(node.right, source, '0')] : []
      const isUnary = ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)
      if (!isUnary || node.operator !== ts.SyntaxKind.PlusPlusToken) return []
      return [replace(node, source, textOf(node.operand, source))]
    },
  },
  {
    what: 'converts twice',
    propose: (node, source) => {
      const [name, argument] = conversion(node)
      if (argument === undefined) return []
      return [replace(argument, source, `${name}(${textOf(argument, source)})`)]
    },
  },
  {
    what: 'does not convert',
    propose: (node, source) => {
      const [, argument] = conversion(node)
      return argument === undefined ? [] : [replace(node, source, textOf(argument, source))]
    },
  },
  {
    what: 'takes the module for its device',
    propose: (node, source) => {
      if (!ts.isBinaryExpression(node) || !/\bmoduleId$/.test(textOf(node.left, source))) return []
      if (textOf(node.right, source) !== 'undefined') return []
      const isEqual = node.operatorToken.kind === ts.SyntaxKind.EqualsEqualsEqualsToken
      return [replace(node, source, isEqual ? 'true' : 'false')]
    },
  },
  {
    what: 'confuses two names',
    propose: (node, source) => {
      if (
        ts.isStringLiteral(node) &&
        !ts.isImportDeclaration(node.parent) &&
        !ts.isLiteralTypeNode(node.parent)
      ) {
        const other = OTHER_NAME.get(node.text)
        return other === undefined ? [] : [replace(node, source, `'${other}'`)]
      }
      if (!ts.isPropertyAccessExpression(node) || ts.isCallExpression(node.parent)) return []
      const other = OTHER_NAME.get(node.name.text)
      return other === undefined ? [] : [replace(node.name, source, other)]
    },
  },
  {
    what: 'takes milliseconds for seconds',
    propose: (node, source) => {
      if (!ts.isBinaryExpression(node) || numberOf(node.right) !== 1000) return []
      const { kind } = node.operatorToken
      if (kind !== ts.SyntaxKind.AsteriskToken && kind !== ts.SyntaxKind.SlashToken) return []
      return [replace(node, source, `(${textOf(node.left, source)})`)]
    },
  },
  {
    what: 'counts characters for bytes',
    propose: (node, source) => {
      if (!ts.isCallExpression(node) || textOf(node.expression, source) !== 'Buffer.byteLength') return []
      const [argument] = node.arguments
      return argument === undefined ? [] : [replace(node, source, `(${textOf(argument, source)}).length`)]
    },
  },
  {
    what: 'compares letters of any case wrongly',
    propose: (node, source) => {
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return []
      if (!/^to(Lower|Upper)Case$/.test(node.expression.name.text)) return []
      return [replace(node, source, textOf(node.expression.expression, source))]
    },
  },
  { what: 'forgets when a connection comes or goes', propose: forgetting },
]

/** The name and the argument of a conversion such as `decodeURIComponent(x)`. */
function conversion(node: ts.Node): readonly [string, ts.Expression | undefined] {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return ['', undefined]
  const [argument, ...more] = node.arguments
  const name = node.expression.text
  return more.length === 0 && CONVERTS.test(name) ? [name, argument] : ['', undefined]
}

/** Clears a map, a set or a list of the class where a method says that a connection comes or goes. */
function forgetting(node: ts.Node, source: ts.SourceFile): readonly Change[] {
  if (!ts.isMethodDeclaration(node) || !LEAVES.test(textOf(node.name, source)) || node.body === undefined)
    return []
  if (!ts.isClassLike(node.parent)) return []
  const body = node.body
  return node.parent.members.flatMap((member) => {
    if (!ts.isPropertyDeclaration(member) || member.initializer === undefined) return []
    const name = textOf(member.name, source)
    const isList = ts.isArrayLiteralExpression(member.initializer)
    const isStore =
      ts.isNewExpression(member.initializer) && /^new (Map|Set)\b/.test(textOf(member.initializer, source))
    if (!isList && !isStore) return []
    if (textOf(body, source).includes(`this.${name}.clear()`)) return []
    const start = body.getStart(source) + 1
    return [
      { start, end: start, replacement: isList ? ` this.${name}.length = 0;` : ` this.${name}.clear();` },
    ]
  })
}
