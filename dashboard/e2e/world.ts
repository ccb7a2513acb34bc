/** A hub in this process, a browser with its dashboard, and devices with the reference client; for tests. */

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startMockHub, type JournalEntry, type MockHub, type MockHubOptions } from 'mock-iot-hub'
import { IoTHubDeviceClient, IoTHubModuleClient } from 'mock-iot-hub-client'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
/** Where the pictures go; the documentation has copies. */
const PICTURES = fileURLToPath(new URL('../../reports/dashboard/', import.meta.url))
const SIZE = { width: 1360, height: 850 }
/** A name that its owner has rebound to this machine. */
export const REBOUND = 'rebound.example'

let browser: Promise<Browser> | undefined

/** The browser that all files share. */
export function theBrowser(): Promise<Browser> {
  return (browser ??= chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`,
      // Newer versions refuse calls of strange pages to this machine; the hub must not rely on that.
      '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
    ],
  }))
}

export interface World extends AsyncDisposable {
  readonly hub: MockHub
  readonly page: Page
  /** What the console of the page said that no page should say: errors and violations of its policy. */
  readonly complaints: readonly string[]
  /** Opens a place of the dashboard, such as `devices/d1`. */
  goto(place?: string): Promise<void>
  /** A client of a registered device. @param connectionString default: that of the hub. */
  device(deviceId: string, connectionString?: string): IoTHubDeviceClient
  /** A client of a registered module. */
  module(deviceId: string, moduleId: string): IoTHubModuleClient
  /** Waits for an entry of the hub's journal. */
  entry<T extends JournalEntry['type']>(
    type: T,
    matches?: (entry: Extract<JournalEntry, { type: T }>) => boolean,
  ): Promise<Extract<JournalEntry, { type: T }>>
  /** What the page has copied. */
  copied(): Promise<string>
  /** Makes a picture of the page. */
  picture(name: string): Promise<void>
}

/** @param options of the hub; ports are free ones. */
export async function openWorld(
  options: MockHubOptions = {},
  context: BrowserContextOptions = {},
): Promise<World> {
  const hub = await startMockHub({ controlPort: 0, ...options })
  const opened = await (
    await theBrowser()
  ).newContext({
    viewport: SIZE,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...context,
  })
  const page = await opened.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  const clients: { shutdown(): Promise<void> }[] = []
  const reach = {
    serverVerificationCert: hub.caPem,
    extensions: { endpoint: { mqttPort: hub.mqttPort, httpsPort: hub.httpsPort } },
  }
  const kept = <T extends { shutdown(): Promise<void> }>(client: T): T => {
    clients.push(client)
    return client
  }
  return {
    hub,
    page,
    complaints,
    goto: async (place = '') => {
      await page.goto(`${hub.controlUrl ?? ''}/#/${place}`)
    },
    device: (deviceId, connectionString = hub.connectionString({ deviceId })) =>
      kept(IoTHubDeviceClient.createFromConnectionString(connectionString, reach)),
    module: (deviceId, moduleId) =>
      kept(
        IoTHubModuleClient.createFromConnectionString(hub.connectionString({ deviceId, moduleId }), reach),
      ),
    entry: async (type, matches = () => true) => {
      type Wanted = Extract<JournalEntry, { type: typeof type }>
      return (await hub.journal.until((entry) => entry.type === type && matches(entry as Wanted))) as Wanted
    },
    copied: () => page.evaluate<string>('navigator.clipboard.readText()'),
    picture: async (name) => {
      const path = `${PICTURES}${name}.png`
      mkdirSync(dirname(path), { recursive: true })
      await page.screenshot({ path })
    },
    [Symbol.asyncDispose]: async () => {
      await opened.close()
      await Promise.all(clients.map((client) => client.shutdown().catch(() => undefined)))
      await hub.stop()
    },
  }
}
