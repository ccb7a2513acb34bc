import { UnfiredFaults, type ArmedFault } from '../contract/faults.ts'

/** @throws UnfiredFaults when one of the faults has not fired as often as it was armed for. */
export function assertAllFired(armed: readonly ArmedFault[]): void {
  const unfired = armed.filter(({ fired, count }) => fired < (count === 'always' ? 1 : count))
  if (unfired.length === 0) return
  const rows = unfired.map(({ name, scope, fired, count }) => [
    name,
    scope.identity ?? 'everyone',
    String(fired),
    count === 'always' ? 'at least 1' : String(count),
  ])
  const table = tableOf([['fault', 'scope', 'fired', 'expected'], ...rows])
  throw new UnfiredFaults(
    `${String(unfired.length)} of ${String(armed.length)} armed faults did not fire as often as they were armed for:\n\n${table}`,
    unfired,
  )
}

function tableOf(rows: readonly (readonly string[])[]): string {
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(width(column))).join('  ')}`.trimEnd())
    .join('\n')
}
