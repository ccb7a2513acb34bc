/** Pages about devices that others wrote: `docs/results/devices/`. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DeviceResults } from '../../step-definitions/device/report/results.ts'

/** @param explained why a row is not met, by its id. */
export function devicePage(
  name: string,
  title: string,
  results: DeviceResults,
  explained: Readonly<Record<string, string>>,
): string {
  const counts = Object.entries(results.verdicts)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${String(count)} ${word}`)
    .join(', ')
  const shown = results.rows.filter(({ word }) => ['FAIL', 'WARN', 'INCONCLUSIVE', 'ERROR'].includes(word))
  return [
    `# ${title}`,
    '',
    `\`npm run devices -- ${name}\` writes this page: the quick run of \`drivers/devices/${name}.yaml\` against the hub in real time.`,
    '',
    `${(results.seconds / 60).toFixed(1)} minutes, seed ${String(results.seed)}: ${counts}.`,
    '',
    '| verdict | row | what is asked | what was seen | why |',
    '| --- | --- | --- | --- | --- |',
    ...shown.map(
      ({ word, id, statement, why }) =>
        `| ${word} | ${id} | ${cell(statement)} | ${cell(why)} | ${cell(explained[id] ?? '')} |`,
    ),
    '',
  ].join('\n')
}

/** The page that lists the others. */
export function tableOfDevices(folder: string): string {
  const pages = existsSync(folder)
    ? readdirSync(folder).filter((file) => /^(?!README).*\.md$/.test(file))
    : []
  const rows = pages.map((file) => {
    const [title = '', , , , counts = ''] = readFileSync(join(folder, file), 'utf8').split('\n')
    return `| [${title.replace('# ', '')}](${file}) | ${counts} |`
  })
  return [
    '# Devices that others wrote',
    '',
    'Small programs on libraries of others, each sent through the quick run of the device certification (`npm run devices`).',
    'A page lists what its device does not do, and why.',
    '',
    '| device | verdicts |',
    '| --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 300)
}
