/** The error codes of the service by name: from the vectors, and those of the table in docs/contract/errors.md that no vector has. */

import { packagedJson } from '../package-root.ts'

const rows = packagedJson('features/vectors/error-body.json') as readonly {
  readonly errorName: string
  readonly errorCode: number
}[] // the format in features/vectors/README.md

export const HUB_CODES: Readonly<Record<string, number>> = {
  IotHubFormatError: 400006,
  InvalidStorageEndpointOrBlob: 400020,
  ...Object.fromEntries(rows.map(({ errorName, errorCode }) => [errorName, errorCode])),
}
