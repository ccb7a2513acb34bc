/** The name of the function around a place in a source, as the profiler of V8 names it. */

import ts from 'typescript'

/** @returns undefined: the place is outside of functions, or in a constructor or a field of a class. */
export function functionAt(file: string, text: string, offset: number): string | undefined {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true)
  let found: string | undefined
  const visit = (node: ts.Node): void => {
    if (offset < node.getStart(source) || offset >= node.getEnd()) return
    // Fields are set when an object is made; nothing tells whether that happened.
    if (ts.isPropertyDeclaration(node) || ts.isClassLike(node)) found = undefined
    const name = ts.isFunctionLike(node) ? nameOf(node, source) : undefined
    if (name !== undefined) found = name
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** Functions without a name count to the function around them, which runs before them. */
function nameOf(node: ts.Node, source: ts.SourceFile): string | undefined {
  if (ts.isMethodDeclaration(node) || ts.isAccessor(node)) return node.name.getText(source)
  if (ts.isFunctionDeclaration(node)) return node.name?.text
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node)) return undefined
  const { parent } = node
  const isNamed = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
  return isNamed && ts.isIdentifier(parent.name) ? parent.name.text : undefined
}
