/** What a driver does not claim is not tested: such a scenario is not supported, and no step of it runs. */

import { loadCatalogue } from '../catalogue/requirement.ts'
import { ID_TAG } from '../catalogue/scenarios.ts'
import { SUITE } from '../conformance/suite.ts'
import { FACTORY_OPTIONS } from '../driver/capabilities.ts'
import type { Hello } from '../driver/client-driver.ts'
import { Reading } from '../neutral/reading.ts'
import { NotSupported } from './errors.ts'

const IDENTITIES: ReadonlyMap<string, string> = new Map([
  ['@identity:device', 'identity.device'],
  ['@identity:module', 'identity.module'],
])

/** A capability that a scenario needs beside that of its requirement. */
const NEEDS_TAG = /^@needs:(.+)$/
/** The option of the factories that a requirement is about. */
const OPTION_TAG = /^@option:(.+)$/

let capabilities: ReadonlyMap<string, string> | undefined

/** The capability of each requirement of clients. */
function ofRequirements(): ReadonlyMap<string, string> {
  return (capabilities ??= new Map(
    loadCatalogue(SUITE.catalogue)
      .filter(({ sut }) => sut === 'client')
      .map(({ id, capability }) => [id, capability]),
  ))
}

/**
 * The capabilities that a scenario of a client needs.
 * @param tags of the scenario.
 */
export function neededBy(tags: readonly string[]): readonly string[] {
  if (!tags.includes('@sut:client')) return []
  return tags.flatMap((tag) => {
    const further =
      NEEDS_TAG.exec(tag)?.[1] ?? FACTORY_OPTIONS.get(OPTION_TAG.exec(tag)?.[1] ?? '')?.capability
    if (further !== undefined) return [further]
    const needed = IDENTITIES.get(tag) ?? ofRequirements().get(ID_TAG.exec(tag)?.[1] ?? '')
    return needed === undefined ? [] : [needed]
  })
}

/** The options of the factories that a scenario is about. */
function optionsOf(tags: readonly string[]): readonly string[] {
  return tags.flatMap((tag) => OPTION_TAG.exec(tag)?.[1] ?? [])
}

/** A call that connects first: a client without it connects explicitly, and is asked the same. */
const AUTO_CONNECT = 'connection.auto-connect'

/**
 * @param reading goes on where the client is asked the same question by calls in another order.
 * @throws NotSupported when the driver does not claim what the scenario needs.
 */
export function assertClaimed(
  { capabilities: claims, options }: Pick<Hello, 'capabilities' | 'options'>,
  tags: readonly string[],
  reading = new Reading(),
): void {
  const missing = neededBy(tags).filter((needed) => !claims.includes(needed))
  for (const needed of missing) {
    const reason = `${needed}: the driver does not claim it`
    if (needed !== AUTO_CONNECT || !reading.applies || missing.length > 1) throw new NotSupported(reason)
    reading.unsupported = reason
    reading.connectsFirst = true
  }
  const lacking = optionsOf(tags).find((option) => options?.includes(option) === false)
  if (lacking !== undefined) throw new NotSupported(`${lacking}: the driver does not have this option`)
}
