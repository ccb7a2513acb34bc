/** Operators that break any code: guards, boundaries, conditions, statements, defaults. */

import ts from 'typescript'
import { type Change, callOf, calleeName, leaves, type Operator, replace, textOf } from './change.ts'

const BOUNDARY: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
])
const EQUALITY: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
])
const LOGIC: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
])
const ARITHMETIC: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.MinusToken, '+'],
  [ts.SyntaxKind.PercentToken, '*'],
])

/** Replaces the operator of binary expressions. */
function swap(operators: ReadonlyMap<ts.SyntaxKind, string>): Operator['propose'] {
  return (node, source) => {
    if (!ts.isBinaryExpression(node)) return []
    const other = operators.get(node.operatorToken.kind)
    return other === undefined ? [] : [replace(node.operatorToken, source, other)]
  }
}

/** Removes statements that are calls of functions with such a name. */
function removal(names: RegExp, but: RegExp = /^$/): Operator['propose'] {
  return (node, source) => {
    const call = callOf(node)
    if (call === undefined) return []
    const name = calleeName(call)
    return names.test(name) && !but.test(name) ? [replace(node, source, 'void 0')] : []
  }
}

const ARMS =
  /^(schedule|arm|rearm|watch|watch\w+|refresh|restart|touch|renew|start|ready|push|pump|#?push|#?pump|#?arm)$/i
const CLEANS =
  /^(unsubscribe|delete|remove|clear|cancel|close|stop|release|forget|detach|abort|dispose|removeListener|off|unref|destroy|end)/i
const KEEPS = /^(set|add|put|enqueue|keep|save|store|append|unshift|remember|restore)/i
const TELLS =
  /^(emit|notify|tell|deliver|send|publish|report|respond|resolve|reject|settle|answer|acknowledge|write)/i
const NAMED = new RegExp([ARMS, CLEANS, KEEPS, TELLS].map(({ source }) => `(?:${source})`).join('|'), 'i')

export const GENERAL: readonly Operator[] = [
  { what: 'does not start again what it should', propose: removal(ARMS) },
  { what: 'leaves behind what it should end', propose: removal(CLEANS) },
  { what: 'does not keep what it should', propose: removal(KEEPS) },
  { what: 'says nothing of it', propose: removal(TELLS) },
  { what: 'skips a step', propose: removal(/./, NAMED) },
  {
    what: 'does the opposite of a guard',
    propose: (node, source) =>
      ts.isIfStatement(node)
        ? [replace(node.expression, source, `!(${textOf(node.expression, source)})`)]
        : [],
  },
  {
    what: 'lacks a guard',
    propose: (node, source) =>
      ts.isIfStatement(node) && node.elseStatement === undefined && leaves(node.thenStatement)
        ? [replace(node.expression, source, `false && (${textOf(node.expression, source)})`)]
        : [],
  },
  {
    what: 'takes the other branch',
    propose: (node, source) =>
      ts.isConditionalExpression(node)
        ? [replace(node.condition, source, `!(${textOf(node.condition, source)})`)]
        : [],
  },
  { what: 'counts the boundary wrongly', propose: swap(BOUNDARY) },
  { what: 'confuses equal and different', propose: swap(EQUALITY) },
  { what: 'confuses and with or', propose: swap(LOGIC) },
  { what: 'calculates wrongly', propose: swap(ARITHMETIC) },
  {
    what: 'takes the default always',
    propose: (node, source) =>
      ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken
        ? [replace(node, source, `(${textOf(node.right, source)})`)]
        : [],
  },
  {
    what: 'flips a flag',
    propose: (node, source) => {
      const isTrue = node.kind === ts.SyntaxKind.TrueKeyword
      if (!isTrue && node.kind !== ts.SyntaxKind.FalseKeyword) return []
      if (ts.isLiteralTypeNode(node.parent)) return []
      return [replace(node, source, isTrue ? 'false' : 'true')]
    },
  },
  {
    what: 'lets an error pass',
    propose: (node, source) => (ts.isThrowStatement(node) ? [replace(node, source, 'void 0')] : []),
  },
  {
    what: 'loses a part of an object',
    propose: (node, source) => (ts.isSpreadAssignment(node) ? [replace(node.expression, source, '{}')] : []),
  },
  {
    what: 'takes the wrong extreme',
    propose: methods({ min: 'max', max: 'min', floor: 'ceil', ceil: 'floor' }),
  },
  {
    what: 'takes some for all',
    propose: methods({ every: 'some', some: 'every', startsWith: 'endsWith', endsWith: 'startsWith' }),
  },
]

/** Calls another method. */
export function methods(others: Readonly<Record<string, string>>): Operator['propose'] {
  const names = new Map(Object.entries(others))
  return (node, source): readonly Change[] => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return []
    const other = names.get(node.expression.name.text)
    return other === undefined ? [] : [replace(node.expression.name, source, other)]
  }
}
