/** Writes the reports of a run into a folder. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Requirement } from '../catalogue/requirement.ts'
import type { Results } from '../conformance/results.ts'
import { badge, certificate, certificateText } from './certificate.ts'
import { html } from './html.ts'
import { junit } from './junit.ts'
import { summary } from './summary.ts'
import { traceabilityCsv, traceabilityMarkdown } from './traceability.ts'

/** One file per report. */
export function writeReports(results: Results, catalogue: readonly Requirement[], folder: string): void {
  const files: Readonly<Record<string, string>> = {
    'results.json': `${JSON.stringify(results, undefined, 2)}\n`,
    'conformance.html': html(results, catalogue),
    'junit.xml': junit(results),
    'traceability.csv': traceabilityCsv(results, catalogue),
    'traceability.md': traceabilityMarkdown(results, catalogue),
    'summary.md': summary(results),
    'badge.json': `${JSON.stringify(badge(results))}\n`,
    ...(results.mode === 'certify' && results.exitCode === 0
      ? {
          'certificate.json': `${JSON.stringify(certificate(results), undefined, 2)}\n`,
          'certificate.md': certificateText(results),
        }
      : {}),
  }
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
}
