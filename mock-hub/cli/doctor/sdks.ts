/** The SDKs that a folder uses, and what each needs of this machine. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findingsOf, type Finding } from './finding.ts'

const { ok, note, problem } = findingsOf('SDKs')
const NODE_PACKAGES = [
  ...['azure-iot-device', 'azure-iot-device-mqtt', 'azure-iot-device-amqp', 'azure-iothub'],
  ...['@azure/event-hubs', '@azure/storage-blob', 'mqtt'],
]
const PYTHON_PACKAGES = ['azure-iot-device', 'azure-iot-hub', 'azure-eventhub', 'paho-mqtt']
/** One line for each package that is installed: its name and version; and whether six is. */
const PYTHON_PROGRAM = `import importlib.metadata as m
for name in ${JSON.stringify([...PYTHON_PACKAGES, 'six'])}:
    try:
        print(name, m.version(name))
    except m.PackageNotFoundError:
        pass
`
/** Files that name dependencies, and the lines that are of interest. */
const MANIFESTS: ReadonlyMap<string, RegExp> = new Map([
  [
    'pom.xml',
    /<artifactId>(iot-(?:device|service)-client|azure-messaging-eventhubs|org\.eclipse\.paho[\w.]*)<\/artifactId>\s*<version>([^<]+)</g,
  ],
  ['build.gradle', /['"]com\.microsoft\.azure\.sdk\.iot:(iot-[\w-]+):([^'"]+)['"]/g],
  [
    'go.mod',
    /(github\.com\/(?:eclipse\/paho[\w./]*|Azure\/azure-sdk-for-go[\w./]*|amenzhinsky\/iothub)) v(\S+)/g,
  ],
  ['Cargo.toml', /^(rumqttc|paho-mqtt|azure_iot\w*)\s*=\s*(?:\{[^}]*version\s*=\s*)?"([^"]+)"/gm],
])

/** @param folder of the program under development. */
export function sdkFindings(folder: string): readonly Finding[] {
  const found = [...nodeSdks(folder), ...pythonSdks(), ...manifestSdks(folder)]
  return found.length > 0
    ? found
    : [note(`no IoT SDK found for ${folder}`, 'docs/languages has a page per language')]
}

function nodeSdks(folder: string): Finding[] {
  return NODE_PACKAGES.flatMap((name) => {
    const text = textOf(join(folder, 'node_modules', name, 'package.json'))
    if (text === undefined) return []
    return [ok(`Node: ${name} ${(JSON.parse(text) as { readonly version: string }).version}`)]
  })
}

function pythonSdks(): Finding[] {
  const { stdout, status } = spawnSync('python3', ['-c', PYTHON_PROGRAM], { encoding: 'utf8' })
  if (status !== 0) return []
  const installed = new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  )
  const sdks = PYTHON_PACKAGES.flatMap((name) => {
    const version = installed.get(name)
    return version === undefined ? [] : [ok(`Python: ${name} ${version}`)]
  })
  return installed.has('azure-iot-hub') && !installed.has('six')
    ? [...sdks, problem('Python: azure-iot-hub imports six, which is not installed', 'pip install six')]
    : sdks
}

function manifestSdks(folder: string): Finding[] {
  return [...MANIFESTS].flatMap(([file, pattern]) =>
    [...(textOf(join(folder, file)) ?? '').matchAll(pattern)].map(([, name = '', version = '']) =>
      ok(`${file}: ${name} ${version}`),
    ),
  )
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
