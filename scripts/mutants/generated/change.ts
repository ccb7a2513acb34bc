/** A change of a source file, and what an operator needs to propose one. */

import ts from 'typescript'

/** Replaces the text from `start` to `end`. */
export interface Change {
  readonly start: number
  readonly end: number
  readonly replacement: string
}

/** One way of breaking code: proposes changes for a node, often none. */
export interface Operator {
  /** What the broken program does, as the end of a sentence "the hub …". */
  readonly what: string
  readonly propose: (node: ts.Node, source: ts.SourceFile) => readonly Change[]
}

export function replace(node: ts.Node, source: ts.SourceFile, replacement: string): Change {
  return { start: node.getStart(source), end: node.getEnd(), replacement }
}

export function textOf(node: ts.Node, source: ts.SourceFile): string {
  return node.getText(source)
}

/** The name of the called function or method; empty when the callee has none. */
export function calleeName(node: ts.CallExpression): string {
  const { expression } = node
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text
  return ts.isIdentifier(expression) ? expression.text : ''
}

/** The call of a statement, also behind `await`, `void` and `?.`. */
export function callOf(statement: ts.Node): ts.CallExpression | undefined {
  if (!ts.isExpressionStatement(statement)) return undefined
  let { expression } = statement
  while (ts.isAwaitExpression(expression) || ts.isVoidExpression(expression)) ({ expression } = expression)
  return ts.isCallExpression(expression) ? expression : undefined
}

/** Statements that do nothing but leave: `return`, `throw`, `continue`, `break`, alone or last in a block. */
export function leaves(statement: ts.Statement): boolean {
  if (ts.isBlock(statement)) {
    const last = statement.statements.at(-1)
    return last !== undefined && leaves(last)
  }
  return (
    ts.isReturnStatement(statement) ||
    ts.isThrowStatement(statement) ||
    ts.isContinueStatement(statement) ||
    ts.isBreakStatement(statement)
  )
}
