/** Numbers of the service's errors by name, from the golden vectors. */

import { packagedJson } from '../package-root.ts'

const rows = packagedJson('features/vectors/error-body.json') as readonly {
  readonly errorName: string
  readonly errorCode: number
}[] // the vectors' own format, features/vectors/README.md

export const HUB_CODES: Readonly<Record<string, number>> = Object.fromEntries(
  rows.map(({ errorName, errorCode }) => [errorName, errorCode]),
)
