/** Every example of the public API compiles: those in the sources and those in docs/client.md. */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

interface Example {
  readonly from: string
  readonly code: string
}

function sources(): string[] {
  return ts.sys
    .readDirectory(join(ROOT, 'reference-client'), ['.ts'])
    .filter((path) => !path.endsWith('.test.ts') && !path.includes('/testing/'))
}

/** The blocks marked `ts`, without the asterisks of the comment. */
function examplesOf(path: string): Example[] {
  const text = readFileSync(path, 'utf8').replaceAll('\r\n', '\n')
  const inComments = path.endsWith('.ts')
  const fence = inComments ? /^ *\* ```ts\n((?: *\*.*\n)*?) *\* ```$/gm : /^```ts\n([\s\S]*?)^```$/gm
  return [...text.matchAll(fence)].map(([, block = '']) => ({
    from: path.slice(ROOT.length + 1),
    code: inComments ? block.replace(/^ *\* ?/gm, '') : block,
  }))
}

/** Compiles the examples as files of a project that uses the package; returns the problems. */
function problemsOf(examples: readonly Example[]): string[] {
  const files = new Map(
    examples.map(({ code }, index) => [join(ROOT, 'reference-client', `example-${index}.ts`), code]),
  )
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => readFileSync(path, 'utf8'))
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT)
  const compilerOptions: ts.CompilerOptions = {
    ...options,
    noEmit: true,
    paths: { 'mock-iot-hub-client': [join(ROOT, 'reference-client', 'index.ts')] },
  }
  const host = ts.createCompilerHost(compilerOptions)
  const real = { ...host }
  host.fileExists = (path) => files.has(path) || real.fileExists(path)
  host.readFile = (path) => files.get(path) ?? real.readFile(path)
  host.getSourceFile = (path, version, ...rest) => {
    const code = files.get(path)
    return code === undefined
      ? real.getSourceFile(path, version, ...rest)
      : ts.createSourceFile(path, code, version)
  }
  const program = ts.createProgram([...files.keys()], compilerOptions, host)
  return [...files.keys()].flatMap((path, index) => {
    const file = program.getSourceFile(path)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) =>
        `${examples[index]?.from ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}\n${examples[index]?.code ?? ''}`,
    )
  })
}

describe('the examples', () => {
  it('exist for every export of the client', () => {
    const report = readFileSync(join(ROOT, 'api', 'client.api.md'), 'utf8')
    const exported = [...report.matchAll(/^export (?:abstract )?(?:class|interface|type|const) (\w+)/gm)].map(
      ([, name = '']) => name,
    )
    const texts = sources().map((path) => readFileSync(path, 'utf8'))
    const without = exported.filter(
      (name) =>
        !texts.some((text) => {
          const at = new RegExp(`\\nexport (abstract )?(class|interface|type|const) ${name}\\b`).exec(
            text,
          )?.index
          if (at === undefined) return false
          const comment = text.slice(text.lastIndexOf('/**', at), at)
          return comment.includes('@example') && comment.trimEnd().endsWith('*/')
        }),
    )
    expect(exported.length).toBeGreaterThan(40)
    expect(without).toEqual([])
  })

  it('compile', { timeout: 60_000 }, () => {
    const examples = [...sources(), join(ROOT, 'docs', 'client.md')].flatMap(examplesOf)
    expect(examples.length).toBeGreaterThan(45)
    expect(problemsOf(examples)).toEqual([])
  })
})
