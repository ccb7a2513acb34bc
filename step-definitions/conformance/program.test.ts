import { expect, test } from 'vitest'
import { packagedJson } from '../package-root.ts'
import { conformance } from './program.ts'

async function called(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  const stream = (name: 'out' | 'err') => ({
    write: (text: string) => (said[name] += text) !== '',
    on: () => undefined,
  })
  const terminal = { stdout: stream('out'), stderr: stream('err') }
  const code = await conformance(args, terminal as unknown as Parameters<typeof conformance>[1])
  return { code, ...said }
}

test('--version prints the version of the package', async () => {
  const { version } = packagedJson('package.json') as { readonly version: string }
  expect(await called('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
})

test.each([
  [['--versio'], "unknown option '--versio'"],
  [['runn'], "unknown command 'runn'"],
  [['device', 'check'], "missing required argument 'file'"],
  [['device', 'check', 'no-such-file'], 'no-such-file: ENOENT'],
  [['run', '--hub', '@no-such-file'], '--hub: ENOENT'],
  [['run', '--scenarios', 'no-such-file'], '--scenarios: '],
  [['report', 'no-such-file'], 'no-such-file'],
])('%s: exit code 2 and a sentence that names the problem', async (args, sentence) => {
  const { code, err } = await called(...args)
  expect(err).toContain(sentence)
  expect(code).toBe(2)
})
