import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readPage, runnable } from './page.ts'

it('reads the files and the lines of a page', () => {
  const page = readPage(
    [
      '# X\n\n```sh\nnpm install mock-iot-hub x\nnpx mock-iot-hub exec -- sh device.sh\n```\n\n```sh\nother\n```',
      '<!-- file examples/x/a/device.sh -->\n\n```sh\necho 1\n```\n\n<!-- /file -->\n',
    ].join('\n'),
  )
  expect([...page.files]).toEqual([['a/device.sh', 'echo 1\n']])
  expect(page.lines).toEqual(['npm install mock-iot-hub x', 'npx mock-iot-hub exec -- sh device.sh'])
})

it('installs the package from its file, and leaves out what an administrator installs', () => {
  expect(runnable('npm install mock-iot-hub x', '/p.tgz')).toBe('npm install /p.tgz x')
  expect(runnable('npx mock-iot-hub exec --device d -- x', '/p.tgz')).toBe(
    'npx mock-iot-hub exec --parallel --device d -- x',
  )
  expect(runnable('apt install gcc', '/p.tgz')).toBeUndefined()
})

it('each page has files, installs the hub and runs a device', () => {
  for (const name of readdirSync('docs/languages').filter((one) => one !== 'README.md')) {
    const { files, lines } = readPage(readFileSync(`docs/languages/${name}`, 'utf8'))
    expect([name, files.size > 1]).toEqual([name, true])
    expect(lines.some((line) => line.startsWith('npm install mock-iot-hub'))).toBe(true)
    expect(lines.some((line) => line.startsWith('npx mock-iot-hub exec'))).toBe(true)
  }
})
