/** Reads a seed or a snapshot from text: YAML, which includes JSON. */

import { check } from '../value-rules.ts'
import type { HubSnapshot } from '../../core/contract/services/snapshots.ts'
import { SEED_OR_SNAPSHOT } from './seed-rules.ts'
import { readYaml } from './seed-yaml.ts'
import type { Seed } from './seed.ts'
import { checkSnapshot, isSnapshot } from './snapshot-seed.ts'

/**
 * Reads a seed: the devices, modules, twins and routes that a hub starts with; or a snapshot of a hub.
 * @param text - YAML or JSON; empty text is an empty seed.
 * @param where - what errors call the text, for example the name of its file.
 * @returns a value for the option `seed` of {@link startMockHub}.
 * @throws RangeError that names the field, the rule and the given value.
 */
export async function parseSeed(text: string, where: string): Promise<Seed | HubSnapshot> {
  const value: unknown = (await readYaml(text, where)) ?? {}
  check(SEED_OR_SNAPSHOT, value, where, 'seed')
  if (isSnapshot(value)) await checkSnapshot(value, where)
  return value as Seed | HubSnapshot // it has passed the check
}
