/** Whether the host names of the hub lead to it. */

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { findingsOf, type Finding } from './finding.ts'

const { ok, note, problem } = findingsOf('names')

/** @param names host names that the flags give; none: the address is the name. */
export async function nameFindings(address: string, names: readonly string[]): Promise<readonly Finding[]> {
  const found = await Promise.all(names.map((name) => nameFinding(name, address)))
  const first = names[0] ?? address
  const dotless = isIP(first) === 0 && !first.includes('.')
  return [
    ...(names.length === 0 ? [ok(`connection strings name ${address}, which every SDK accepts`)] : found),
    ...(dotless
      ? [
          problem(
            `${first} has no dot: the SDKs for Java and C refuse it`,
            `name the hub ${address}, or ${first}.test`,
          ),
        ]
      : []),
  ]
}

async function nameFinding(name: string, address: string): Promise<Finding> {
  if (isIP(name) !== 0)
    return name === address ? ok(`${name} is the address`) : note(`${name} is not ${address}`)
  const remedy = `add to the hosts file: ${address} ${name}; or on Linux: npx mock-iot-hub exec --isolated --hostname ${name} -- …`
  try {
    const found = (await lookup(name, { all: true })).map((entry) => entry.address)
    return found.includes(address)
      ? ok(`${name} leads to ${address}`)
      : problem(`${name} leads to ${found.join(', ')}, not to ${address}`, remedy)
  } catch {
    return problem(`${name} leads nowhere`, remedy)
  }
}
