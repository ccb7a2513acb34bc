/** A snapshot of `GET /snapshot` as the initial state of a hub. */

import type { HubSnapshot } from '../../core/contract/services/snapshots.ts'
import type { Seed } from './seed.ts'

/** A snapshot has a format, a seed has none. */
export function isSnapshot(value: unknown): value is HubSnapshot {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'format')
}

/** The devices of a seed; none of a snapshot, which is restored as a whole. */
export function seedPart(seed: Seed | HubSnapshot): Seed {
  return isSnapshot(seed) ? {} : seed
}

/**
 * Checks the fields of a snapshot.
 * @param what whose value it is, for example `startMockHub`.
 * @throws RangeError with the first problem: the field, the rule and the given value.
 */
export async function checkSnapshot(snapshot: object, what: string): Promise<void> {
  // Loaded on demand: a hub without a snapshot starts sooner.
  const [{ SNAPSHOT }, { schemaCompiler }, { schemaProblem }] = await Promise.all([
    import('../../control/routes/snapshot-schema.ts'),
    import('../../http-common/schema-compiler.ts'),
    import('../../http-common/schema-problem.ts'),
  ])
  const validate = schemaCompiler({ useDefaults: false })({ schema: SNAPSHOT })
  if (validate(snapshot)) return
  const { field, rule, given } = schemaProblem(validate.errors as never, 'body') // ajv's errors are what fastify passes on
  const path = field === 'body' ? 'seed' : `seed.${field}`
  throw new RangeError(`${what}: expected ${path} ${rule}; given: ${given}`)
}
