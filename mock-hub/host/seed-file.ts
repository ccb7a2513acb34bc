/** Reads a seed from text: YAML, which includes JSON. */

import { check } from './value-rules.ts'
import { SEED } from './seed-rules.ts'
import { readYaml } from './seed-yaml.ts'
import type { Seed } from './seed.ts'

/**
 * Reads a seed: the devices, modules, twins and routes that a hub starts with.
 * @param text - YAML or JSON; empty text is an empty seed.
 * @param where - what errors call the text, for example the name of its file.
 * @returns a value for the option `seed` of {@link startMockHub}.
 * @throws RangeError that names the field, the rule and the given value.
 */
export async function parseSeed(text: string, where: string): Promise<Seed> {
  const value: unknown = (await readYaml(text, where)) ?? {}
  check(SEED, value, where, 'seed')
  return value as Seed // it has passed the check
}
