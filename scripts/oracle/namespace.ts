/**
 * The SDKs always dial ports 8883, 443 and 5671 (docs/contract/reference/sdks.md#sdks-hosts). If Linux permits it, the
 * oracle runs in its own network namespace, in which these ports are free; otherwise in the network of the machine.
 */

import { spawnSync } from 'node:child_process'

const INSIDE = 'ORACLE_NAMESPACE'
const WAYS: readonly (readonly string[])[] = [['--net'], ['--map-root-user', '--net']]

/** Runs this program again inside the namespace. @returns its exit code; undefined: continue here. */
export function enterNamespace(): number | undefined {
  if (process.env[INSIDE] !== undefined) return undefined
  const up = 'ip link set lo up'
  const way = WAYS.find((flags) => spawnSync('unshare', [...flags, 'sh', '-c', up]).status === 0)
  if (way === undefined) return undefined
  const program = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const { status } = spawnSync('unshare', [...way, 'sh', '-c', `${up}; exec "$@"`, 'sh', ...program], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  })
  return status ?? 1
}
