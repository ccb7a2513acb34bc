/**
 * Lint rule: no look-up of an untrusted key on a plain object, which also has `constructor`, `toString` and `__proto__`.
 * `tsx lint-rules/untrusted-keys.ts` applies it to the sources of the hub and of the client, tests apart.
 *
 * A key is untrusted when its type is `string` or wider: text that the compiler does not know. Literal types, unions of
 * them, `keyof`, numbers and symbols are trusted. The rule reports `object[key]`, `{ [key]: x } = object` and
 * `key in object`. It allows
 * - Maps, arrays, and computed keys of object literals, which define own properties;
 * - objects made by `Object.create(null)`;
 * - look-ups under the test `Object.hasOwn(object, key)`;
 * - assignments under the test `key !== '__proto__'`, the only name that is not assigned as an own property.
 *
 * It needs types, which plugins of oxlint do not get, and stands alone: it asks for the types of some hundred nodes.
 */

import ts from 'typescript'

export interface Finding {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
  readonly message: string
}

const UNKNOWN_TEXT =
  ts.TypeFlags.String |
  ts.TypeFlags.TemplateLiteral |
  ts.TypeFlags.StringMapping |
  ts.TypeFlags.Any |
  ts.TypeFlags.Unknown

/** Applies the rule to files of a program. */
export function untrustedKeys(program: ts.Program, files: readonly ts.SourceFile[]): readonly Finding[] {
  const checker = program.getTypeChecker()
  const findings: Finding[] = []

  /** The types that the node may have. */
  const typesOf = (node: ts.Node): readonly ts.Type[] => {
    const type = checker.getTypeAtLocation(node)
    const constraint = checker.getBaseConstraintOfType(type) ?? type
    return constraint.isUnion() ? constraint.types : [constraint]
  }

  const isUntrustedKey = (node: ts.Node): boolean => {
    if ((checker.getTypeAtLocation(node).flags & ts.TypeFlags.Index) !== 0) return false // keyof
    return typesOf(node).some(({ flags }) => (flags & UNKNOWN_TEXT) !== 0)
  }

  /** @param anyObject whether objects without an index signature count. */
  const isPlainObject = (node: ts.Node, anyObject: boolean): boolean =>
    typesOf(node).some((type) => {
      if ((type.flags & ts.TypeFlags.Any) !== 0) return true
      if (checker.isArrayType(type) || checker.isTupleType(type)) return false
      const object = ts.TypeFlags.Object | ts.TypeFlags.Intersection | ts.TypeFlags.NonPrimitive
      if ((type.flags & object) === 0) return false
      return (
        anyObject ||
        checker.getIndexInfosOfType(type).some(({ keyType }) => (keyType.flags & UNKNOWN_TEXT) !== 0)
      )
    })

  /** Whether the object is a variable that is initialised with `Object.create(null)`. */
  const hasNullPrototype = (node: ts.Node): boolean => {
    if (!ts.isIdentifier(node)) return false
    const declaration = checker.getSymbolAtLocation(node)?.valueDeclaration
    return (
      declaration !== undefined &&
      ts.isVariableDeclaration(declaration) &&
      createsNullPrototype(declaration.initializer)
    )
  }

  const check = (at: ts.Node, object: ts.Node, key: ts.Expression, anyObject = false): void => {
    if (!isUntrustedKey(key) || !isPlainObject(object, anyObject)) return
    if (hasNullPrototype(bare(object)) || isGuarded(at, object, key)) return
    const file = at.getSourceFile()
    const { line } = file.getLineAndCharacterOfPosition(at.getStart())
    const [keyText, objectText] = [textOf(key), textOf(object)]
    const message = `The key '${keyText}' may be any text, such as 'constructor' or '__proto__': use a Map, or test Object.hasOwn(${objectText}, ${keyText}) first.`
    findings.push({ file: file.fileName, line: line + 1, message })
  }

  const visit = (node: ts.Node): void => {
    if (ts.isElementAccessExpression(node)) check(node, node.expression, node.argumentExpression)
    else if (ts.isBinaryExpression(node)) {
      if (node.operatorToken.kind === ts.SyntaxKind.InKeyword && !ts.isPrivateIdentifier(node.left))
        check(node, node.right, node.left, true)
      const target = bare(node.left)
      if (isAssignment(node) && ts.isObjectLiteralExpression(target)) checkTarget(target)
    } else if (ts.isObjectBindingPattern(node)) {
      for (const { propertyName } of node.elements)
        if (propertyName !== undefined && ts.isComputedPropertyName(propertyName))
          check(propertyName, node, propertyName.expression)
    } else if (ts.isForOfStatement(node)) {
      const target = bare(node.initializer)
      if (ts.isObjectLiteralExpression(target)) checkTarget(target)
    }
    ts.forEachChild(node, visit)
  }
  /** `({ [key]: x } = object)`: the literal is a pattern. */
  const checkTarget = (pattern: ts.ObjectLiteralExpression): void => {
    for (const { name } of pattern.properties)
      if (name !== undefined && ts.isComputedPropertyName(name)) check(name, pattern, name.expression)
  }
  for (const file of files) visit(file)
  return findings
}

/** Without parentheses around it. */
function bare(node: ts.Node): ts.Node {
  return ts.isParenthesizedExpression(node) ? bare(node.expression) : node
}

function textOf(node: ts.Node): string {
  return bare(node).getText()
}

function isAssignment(node: ts.BinaryExpression): boolean {
  return node.operatorToken.kind === ts.SyntaxKind.EqualsToken
}

/** `Object.create(null)`, also behind type assertions. */
function createsNullPrototype(node: ts.Expression | undefined): boolean {
  if (node === undefined) return false
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return createsNullPrototype(node.expression)
  return (
    ts.isCallExpression(node) &&
    node.expression.getText() === 'Object.create' &&
    node.arguments[0]?.kind === ts.SyntaxKind.NullKeyword
  )
}

function isAnd(node: ts.Node): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken
}

/** The condition under which a node is evaluated, when its parent gives one. */
function conditionOf(node: ts.Node, parent: ts.Node): ts.Expression | undefined {
  if (ts.isConditionalExpression(parent)) return node === parent.whenTrue ? parent.condition : undefined
  if (ts.isIfStatement(parent)) return node === parent.thenStatement ? parent.expression : undefined
  return isAnd(parent) && node === parent.right ? parent.left : undefined
}

/** `a`, `b` and `c` of `a && b && c`. */
function conjunctsOf(condition: ts.Node): readonly ts.Node[] {
  const node = bare(condition)
  return isAnd(node) ? [...conjunctsOf(node.left), ...conjunctsOf(node.right)] : [node]
}

/** Whether a condition around the node tests the key. */
function isGuarded(node: ts.Node, object: ts.Node, key: ts.Node): boolean {
  const tests = [`Object.hasOwn(${textOf(object)}, ${textOf(key)})`]
  const { parent } = node
  if (ts.isBinaryExpression(parent) && isAssignment(parent) && parent.left === node)
    tests.push(`${textOf(key)} !== '__proto__'`)
  for (let child = node; !ts.isSourceFile(child); child = child.parent) {
    const condition = conditionOf(child, child.parent)
    if (condition !== undefined && conjunctsOf(condition).some((part) => tests.includes(part.getText())))
      return true
  }
  return false
}

if (import.meta.filename === process.argv[1]) {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
    readonly config: object
  }
  const { fileNames, options } = ts.parseJsonConfigFileContent(
    {
      ...config,
      include: ['mock-hub', 'reference-client'],
      exclude: ['**/node_modules', '**/dist', '**/*.test.ts', '**/testing', '**/generated-parser.ts'],
    },
    ts.sys,
    process.cwd(),
  )
  const program = ts.createProgram(fileNames, options)
  const files = program.getSourceFiles().filter(({ fileName }) => fileNames.includes(fileName))
  const findings = untrustedKeys(program, files)
  for (const { file, line, message } of findings)
    process.stdout.write(`${file}:${String(line)}: ${message}\n`)
  process.stdout.write(`${String(files.length)} files, ${String(findings.length)} findings\n`)
  process.exitCode = findings.length > 0 || files.length === 0 ? 1 : 0
}
