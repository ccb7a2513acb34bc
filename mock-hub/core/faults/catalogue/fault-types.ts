import type { FaultDefinition, FaultType } from '../../contract/faults.ts'

/** One fault type of a point: effect, description, parameters, an example of the parameters. */
export type Row = readonly [
  effect: string,
  description: string,
  parameters?: FaultType['parameters'],
  example?: NonNullable<FaultDefinition['parameters']>,
]

/**
 * The fault types of one point.
 * @param point the name without its last part, for example `mqtt.puback`.
 * @param scope whether the hub knows the identity at that point.
 * @param trigger what counts as one match.
 */
export function faultTypes(
  point: string,
  scope: FaultType['scope'],
  trigger: string,
  rows: readonly Row[],
): FaultType[] {
  return rows.map(([effect, description, parameters = {}, values]) => {
    const name = `${point}.${effect}`
    const example: FaultDefinition = {
      name,
      ...(scope === 'identity' ? { scope: { identity: 'device1' } } : {}),
      ...(values === undefined ? {} : { parameters: values }),
    }
    return { name, description, scope, trigger, parameters, example }
  })
}
