/** Recipes: faults that are armed together, saved in a file. */

import type { FaultDefinition } from './types.ts'

export interface Recipe {
  readonly recipe: string
  readonly about?: string
  readonly faults: readonly FaultDefinition[]
}

/** What a person can begin with. */
export const RECIPES: readonly Recipe[] = [
  {
    recipe: 'Bad day',
    about: 'Two messages get no PUBACK, then the connection drops.',
    faults: [{ name: 'mqtt.puback.withhold', count: 2 }, { name: 'mqtt.puback.close' }],
  },
  {
    recipe: 'Slow network',
    about: 'Everything that the hub sends comes two seconds late.',
    faults: [{ name: 'tcp.delay', count: 'always', parameters: { seconds: 2 } }],
  },
  {
    recipe: 'Locked out',
    about: 'The next three connections are refused as not authorized.',
    faults: [{ name: 'mqtt.connack.code', count: 3, parameters: { code: 5 } }],
  },
  {
    recipe: 'Stale twin',
    about: 'Twin requests fail with 500 twice, then come late.',
    faults: [
      { name: 'twin.response.status', count: 2, parameters: { status: 500 } },
      { name: 'twin.response.delay', count: 1, parameters: { seconds: 5 } },
    ],
  },
]

/** Reads a recipe. @throws Error that says what is wrong. */
export function parseRecipe(text: string): Recipe {
  let value: Partial<Recipe> | null
  try {
    value = JSON.parse(text) as Partial<Recipe> | null
  } catch {
    throw new Error('expected a recipe in JSON')
  }
  if (typeof value?.recipe !== 'string') throw new Error('recipe: expected the name of the recipe')
  if (!Array.isArray(value.faults) || value.faults.length === 0)
    throw new Error('faults: expected a list of faults')
  return value as Recipe
}
