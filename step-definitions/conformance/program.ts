/** The commands of `iot-hub-conformance`. */

import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { addDeviceCommands } from '../device/cli/commands.ts'
import { checkDriver } from './check-driver.ts'
import { EXIT } from './exit-code.ts'
import { initDriver, LANGUAGES } from './init-driver.ts'
import { list } from './list.ts'
import { PROFILES } from './profiles.ts'
import { render } from './render.ts'
import { runSuite, type SuiteFlags } from './run-suite.ts'
import { SUITE } from './suite.ts'
import { UsageError } from './usage-error.ts'

/** Reads a secret, or `@FILE`: the file that holds it. @throws UsageError. */
function secretOf(flag: string): (text: string) => string {
  return (text) => {
    if (!text.startsWith('@')) return text
    try {
      return readFileSync(text.slice(1), 'utf8').trim()
    } catch (error) {
      throw new UsageError(`${flag}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

type Terminal = Pick<NodeJS.Process, 'stdout' | 'stderr'>

const LOOPBACK = '127.0.0.1'
const ADDRESS = 'address that the suite listens on and that clients dial'

/**
 * @returns the exit code: 0 conformant, 1 failed, 2 usage error, 3 no verdict, 4 stale list, 5 too few scenarios ran.
 */
export async function conformance(args: readonly string[], terminal: Terminal): Promise<number> {
  terminal.stdout.on('error', () => undefined)
  let code = 0
  const done = (result: number): void => {
    code = result
  }
  try {
    await program(terminal, done).parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.code === 'commander.excessArguments' && args.includes('--driver'))
        terminal.stderr.write('(a driver and its arguments are one word: --driver "python3 driver.py")\n')
      return error.exitCode === 0 ? 0 : EXIT.usage
    }
    terminal.stderr.write(`iot-hub-conformance: ${error instanceof Error ? error.message : String(error)}\n`)
    return error instanceof UsageError || error instanceof RangeError ? EXIT.usage : EXIT.cannotJudge
  }
}

/** The commands with their options; the documentation lists them. @param done receives the exit code. */
export function program(terminal: Terminal, done: (code: number) => void): Command {
  const say = (line: string): void => {
    terminal.stdout.write(`${line}\n`)
  }
  const program = new Command('iot-hub-conformance')
    .description('Tests Azure IoT Hub clients and hubs against the documented requirements.')
    .version(SUITE.version, '--version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    })
    .showHelpAfterError('(run iot-hub-conformance --help for the commands and options)')
  const child = (name: string, about: string): Command =>
    program.command(name).description(about).copyInheritedSettings(program).allowExcessArguments(false)

  const judged = (command: Command): Command =>
    command
      .option(
        '--driver <command>',
        'client under test: a driver, with its arguments in the same quotes ("python3 driver.py"), or its URL',
      )
      .option('--address <ip>', ADDRESS, LOOPBACK)
      .option('--profile <name>', `only the requirements of one profile: ${Object.keys(PROFILES).join(', ')}`)
      .option('--reports <folder>', 'folder of the reports', 'reports')
      .option('--known-failing <file>', 'list of known failures; the run fails when one of them passes')
      .option('--order <order>', 'order of the scenarios: defined, random, or random:SEED', 'defined')
      .option('--trials <count>', 'values that each generated trial tries; 0: no trials', '5')
      .option('--trial-seed <number>', 'seed of the generated trials, or random', '1')
      .option('--trial-path <where>', 'repeats one value of a trial, from the message of its failure')
      .option('--transport <name>', 'transport of the clients: mqtt or mqtt-ws', 'mqtt')
      .addOption(
        new Option(
          '--hub <connection string>',
          'hub under test: a service connection string with all permissions, or @FILE; others on this machine can see command lines',
        )
          .env('IOT_HUB_CONFORMANCE_HUB')
          .argParser(secretOf('--hub')),
      )
      .option('--hub-address <host>', 'address to dial instead of its host name')
      .option('--hub-ports <mqtt,https,amqp>', 'ports of the hub', '8883,443,5671')
      .option(
        '--hub-events',
        'the hub adds its own events (twins, lifecycle, connections) to the messages',
        false,
      )
      .option('--hub-ca <file>', 'root certificate of the hub in PEM, when the system does not trust it')
      .addOption(
        new Option(
          '--dps <connection string>',
          'provisioning service to which the hub is linked: a service connection string with all rights, or @FILE',
        )
          .env('IOT_HUB_CONFORMANCE_DPS')
          .argParser(secretOf('--dps')),
      )
      .option('--dps-scope <id>', 'ID scope of the provisioning service')
      .option('--dps-ports <mqtt,https,amqp>', 'ports of the provisioning service', '8883,443,5671')
      .option('--hub-control <url>', 'control listener of the hub, for time and messages (docs/control.md)')
  judged(child('run', 'run scenarios and write reports'))
    .option('--tags <expression>', 'only scenarios with these tags; such a run cannot certify')
    .option('--requirement <id...>', 'only these requirements')
    .option('--features <part...>', 'only features whose path contains one of these, such as hub/twins')
    .option(
      '--scenarios <file>',
      'only the scenarios that a file names, one features/….feature:LINE a line, in this order',
    )
    .option('--sut <which>', 'only requirements of the client or the hub: client, hub or all', 'all')
    .option(
      '--workers <count>',
      'processes that run scenarios side by side; one for each processor and each 100 scenarios by default, and one with --driver or --hub',
    )
    .option('--until-failure', 'skip what is left after the first FAIL; such a run cannot certify', false)
    .option('--json', 'print the totals as a line of JSON at the end', false)
    .action(async (flags: SuiteFlags) => {
      done(await runSuite({ ...flags, mode: 'run' }, say))
    })
  judged(child('certify', 'run all claimed requirements and write a certificate'))
    .option('--json', 'print the totals as a line of JSON at the end', false)
    .action(async (flags: SuiteFlags) => {
      done(
        await runSuite({ ...flags, sut: flags.hub === undefined ? 'client' : 'hub', mode: 'certify' }, say),
      )
    })
  child('list', 'list requirements and their scenarios')
    .option('--json', 'print JSON', false)
    .option('--area <name>', 'only one area')
    .action((flags: { json: boolean; area?: string }) => {
      list(flags, say)
    })
  addDeviceCommands(child('device', 'certify a device from outside, without a driver'), say, done)
  const driver = child('driver', 'for authors of drivers')
  driver
    .command('check')
    .description('start a driver, validate its messages and make ten calls')
    .argument('<command...>', 'after --: a program and its arguments, or a URL')
    .option('--address <ip>', ADDRESS, LOOPBACK)
    .action(async (command: string[], { address }: { address: string }) => {
      done(await checkDriver(command, address, say))
    })
  driver
    .command('init')
    .description('write a driver to start from')
    .requiredOption('--language <name>', `language of the driver: ${LANGUAGES.join(', ')}`)
    .option('--folder <folder>', 'a new or empty folder', 'driver')
    .action(({ language, folder }: { language: string; folder: string }) => {
      initDriver(language, folder, say)
    })
  child('report', 'write the reports again from results.json')
    .argument('[results]', 'file with the results', 'reports/results.json')
    .action((file: string) => {
      render(file, say)
    })
  return program
}
