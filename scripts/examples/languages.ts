/** The languages of the examples: their tools, how each is installed, and what is run. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { NODE_WITH_HUB, prepare, type Command } from './commands.ts'

export interface Language {
  /** The folder below `examples/`. */
  readonly name: string
  /** Programs that must be on this machine. */
  readonly needs: readonly string[]
  /** Libraries of C that pkg-config must find. */
  readonly libraries?: readonly string[]
  /** Installs packages and compiles. @throws Error that says what is missing. */
  readonly install: (folder: string) => void | Promise<void>
  /** Programs that run at the same time, with one hub. */
  readonly pairs: readonly { readonly what: string; readonly programs: readonly Command[] }[]
  /** Tests that start a hub of their own. */
  readonly test?: Command
}

const PYTHON = '.venv/bin/python'
/** A virtual environment with the packages of the folder. */
function pythonPackages(folder: string): void {
  if (!existsSync(join(folder, PYTHON))) prepare(folder, ['python3', '-m', 'venv', '.venv'])
  prepare(folder, [
    ...([PYTHON, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'] as const),
    ...['-r', 'requirements.txt'],
  ])
}

const DEVICE_AND_BACK_END = 'device and back end'
const PROVISIONING = 'a device of an enrollment group'

export const LANGUAGES: readonly Language[] = [
  // The test of the README, which test:package also runs with the packages as they are published.
  {
    name: 'in-process',
    needs: ['node'],
    install: () => undefined,
    pairs: [],
    test: [...NODE_WITH_HUB, '--test', 'hub.test.js'],
  },
  {
    name: 'node',
    needs: ['node', 'npm'],
    install: (folder) => {
      prepare(folder, ['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'])
    },
    pairs: [
      {
        what: DEVICE_AND_BACK_END,
        programs: [
          ['node', 'device.js'],
          ['node', 'backend.js'],
        ],
      },
      { what: PROVISIONING, programs: [['node', 'provision.js']] },
    ],
    test: [...NODE_WITH_HUB, '--test', 'hub.test.js'],
  },
  {
    name: 'python',
    needs: ['python3'],
    install: pythonPackages,
    pairs: [
      {
        what: DEVICE_AND_BACK_END,
        programs: [
          [PYTHON, 'device.py'],
          [PYTHON, 'backend.py'],
        ],
      },
      { what: PROVISIONING, programs: [[PYTHON, 'provision.py']] },
    ],
    test: [PYTHON, '-m', 'unittest', 'test_hub'],
  },
  {
    name: 'bare',
    needs: ['python3', 'mosquitto_pub', 'openssl', 'curl'],
    install: (folder) => {
      pythonPackages(folder)
      pythonPackages(join(folder, '../python'))
    },
    pairs: [
      { what: 'mosquitto', programs: [['sh', 'device.sh']] },
      {
        what: 'paho, with the back end in Python',
        programs: [
          [PYTHON, 'device.py'],
          ['../python/.venv/bin/python', '../python/backend.py'],
        ],
      },
      {
        what: 'paho, with a back end in curl',
        programs: [
          [PYTHON, 'device.py'],
          ['sh', 'backend.sh'],
        ],
      },
    ],
    test: [PYTHON, '-m', 'unittest', 'test_hub'],
  },
  {
    name: 'go',
    needs: ['go'],
    install: (folder) => {
      prepare(folder, ['go', 'build', '-o', 'bin/', './device', './backend'])
      prepare(folder, ['go', 'test', '-c', '-o', 'bin/test_hub', '.'])
    },
    pairs: [{ what: DEVICE_AND_BACK_END, programs: [['bin/device'], ['bin/backend']] }],
    test: ['bin/test_hub', '-test.v'],
  },
  {
    name: 'java',
    needs: ['java', 'javac', 'mvn', 'keytool'],
    install: (folder) => {
      const build = ['compile', 'dependency:copy-dependencies', '-DoutputDirectory=target/lib'] as const
      prepare(folder, ['mvn', '-q', '-B', ...build])
      // Runs no test, but looks for one in each class: Maven downloads here what it needs to run them.
      prepare(folder, [
        ...(['mvn', '-q', '-B', 'test'] as const),
        ...['-Dtest=*#none', '-Dsurefire.failIfNoSpecifiedTests=false'],
      ])
    },
    pairs: [
      {
        what: DEVICE_AND_BACK_END,
        programs: [
          ['sh', 'run.sh', 'Device'],
          ['sh', 'run.sh', 'Backend'],
        ],
      },
    ],
    test: ['mvn', '-q', '-B', '-o', 'test'],
  },
  {
    name: 'c',
    needs: ['cc', 'make', 'pkg-config'],
    libraries: ['libmosquitto', 'openssl', 'libcurl', 'libcjson', 'libqpid-proton'],
    install: (folder) => {
      prepare(folder, ['make', '--silent'])
    },
    pairs: [{ what: DEVICE_AND_BACK_END, programs: [['build/device'], ['build/backend']] }],
    test: ['build/test_hub'],
  },
  {
    name: 'rust',
    needs: ['cargo', 'cc', 'pkg-config'],
    libraries: ['openssl'],
    install: (folder) => {
      prepare(folder, ['cargo', 'build', '--quiet', '--locked', '--bins'])
      prepare(folder, ['cargo', 'test', '--quiet', '--locked', '--no-run'])
    },
    pairs: [{ what: DEVICE_AND_BACK_END, programs: [['target/debug/device'], ['target/debug/backend']] }],
    test: ['cargo', 'test', '--quiet', '--locked'],
  },
  {
    name: 'dotnet',
    needs: ['dotnet'],
    install: (folder) => {
      prepare(folder, ['dotnet', 'build', '--nologo', '-v', 'quiet'])
    },
    pairs: [
      {
        what: DEVICE_AND_BACK_END,
        programs: [
          ['dotnet', 'run', '--no-build', '--', 'device'],
          ['dotnet', 'run', '--no-build', '--', 'backend'],
        ],
      },
    ],
  },
]

/** The first tool or library of a language that this machine lacks. */
export function missingTool({ needs, libraries = [] }: Language): string | undefined {
  return (
    needs.find((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) ??
    libraries.find((library) => spawnSync('pkg-config', ['--exists', library]).status !== 0)
  )
}
