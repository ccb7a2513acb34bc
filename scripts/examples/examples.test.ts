import { describe, expect, it } from 'vitest'
import { reasonOf, runOne } from './commands.ts'
import { Summary } from './summary.ts'

describe('the summary of the examples', () => {
  it('repeats what failed and what was skipped, with reasons, before the counts', () => {
    const summary = new Summary()
    summary.add('go', 'device and back end', 'passed')
    summary.add('java', 'device and back end', 'failed', 'sh run.sh Device ended with 1')
    summary.add('dotnet', 'all', 'skipped', 'there is no dotnet on this machine')
    expect(summary.failed).toBe(true)
    expect(summary.end()).toBe(
      '\nNot passed:\n' +
        'java, device and back end: failed (sh run.sh Device ended with 1)\n' +
        'dotnet, all: skipped (there is no dotnet on this machine)\n\n' +
        'examples: 1 passed, 1 failed, 1 skipped\n',
    )
  })

  it('is one line when all passed', () => {
    const summary = new Summary()
    summary.add('go', 'device and back end', 'passed')
    expect([summary.failed, summary.end()]).toEqual([false, 'examples: 1 passed, 0 failed, 0 skipped\n'])
  })
})

describe('the reason of a failure', () => {
  it('has the last lines of the program', async () => {
    const said = "console.log([1, 2, 3, 4, 5].join('\\n')); process.exit(3)"
    await expect(runOne([process.execPath, '-e', said], '.', {})).rejects.toThrow(
      /ended with 3\n {4}2\n {4}3\n {4}4\n {4}5$/,
    )
  })

  it('says when the program was ended for its time', () => {
    expect(reasonOf('device', 'SIGTERM', '')).toBe('device did not end within 300 s')
  })
})
