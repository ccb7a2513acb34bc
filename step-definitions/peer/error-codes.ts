/** Numbers of the service's errors by name, from the golden vectors. */

import { readFileSync } from 'node:fs'

const rows = JSON.parse(
  readFileSync(new URL('../../features/vectors/error-body.json', import.meta.url), 'utf8'),
) as readonly { readonly errorName: string; readonly errorCode: number }[] // the vectors' own format, features/vectors/README.md

export const HUB_CODES: Readonly<Record<string, number>> = Object.fromEntries(
  rows.map(({ errorName, errorCode }) => [errorName, errorCode]),
)
