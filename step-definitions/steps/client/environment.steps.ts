/** Steps about the environment of a client: proxies, the Edge runtime, a gateway, a watched network. */

import { ok, strictEqual } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Given, Then, When } from '@cucumber/cucumber'
import { HarnessError } from '../../driver/client-driver.ts'
import { type DataTable } from '@cucumber/cucumber'
import { certificateFiles } from '../../world/environment/certificates.ts'
import { startWorkload, type Workload, type WorkloadBehaviour } from '../../world/environment/edge.ts'
import { connectionStringFor } from '../../world/clients/client-factory.ts'
import { startProxy, type Proxy, type ProxyType } from '../../world/environment/proxies.ts'
import { startTap } from '../../world/environment/tap.ts'
import type { ConformanceWorld } from '../../world/world.ts'

const proxies = new WeakMap<ConformanceWorld, Proxy>()
const workloads = new WeakMap<ConformanceWorld, Workload>()

async function proxy(world: ConformanceWorld, type: ProxyType, login?: string): Promise<void> {
  const started = await startProxy(type, world.address, login)
  world.defer(() => started.stop())
  proxies.set(world, started)
  world.isRelayed = true
  const options = { type, address: world.address, port: started.port }
  const [username, password] = login?.split(':') ?? []
  world.names.set('proxy', JSON.stringify(login === undefined ? options : { ...options, username, password }))
}

Given(
  /^an? (HTTP|SOCKS4|SOCKS5) proxy(?: that demands the login "(.*)")?$/,
  async function (this: ConformanceWorld, type: ProxyType, login: string | null) {
    await proxy(this, type, login ?? undefined)
  },
)

Then('the proxy has carried {int} connection(s)', async function (this: ConformanceWorld, count: number) {
  await this.time.settle()
  strictEqual(proxies.get(this)?.tunnels.length, count)
})

Then('the proxy was given the login {string}', function (this: ConformanceWorld, login: string) {
  ok(proxies.get(this)?.logins.includes(login))
})

Given('the clients know the hub as {string}', function (this: ConformanceWorld, host: string) {
  this.names.set('host', this.names.fill(host))
})

/** Before the hub is started: it registers them. */
Given('ids of clients with {string}', function (this: ConformanceWorld, text: string) {
  if (this.hub.started !== undefined) throw new HarnessError('The hub has registered other ids')
  for (const name of ['device', 'module']) this.names.set(name, `${this.names.get(name)}-${text}`)
})

Given(
  /^a workload API( on a Unix socket)? that (works|answers with an error|answers without JSON|gives no certificate)$/,
  async function (this: ConformanceWorld, socket: string | null, behaviour: WorkloadBehaviour) {
    const { caPem } = await this.hub.start()
    const socketPath = socket === null ? undefined : join(mkdtempSync(join(tmpdir(), 'workload-')), 'sock')
    const workload = await startWorkload({
      ...{ caPem, key: this.names.key('module'), behaviour, socketPath },
      address: this.address,
    })
    this.defer(async () => {
      await workload.stop()
      if (socketPath !== undefined) rmSync(dirname(socketPath), { recursive: true, force: true })
    })
    workloads.set(this, workload)
    this.environment = {
      IOTEDGE_IOTHUBHOSTNAME: this.names.get('host'),
      IOTEDGE_DEVICEID: this.names.get('device'),
      IOTEDGE_MODULEID: this.names.get('module'),
      IOTEDGE_GATEWAYHOSTNAME: this.names.get('gateway'),
      IOTEDGE_MODULEGENERATIONID: '638000000000000000',
      IOTEDGE_WORKLOADURI: workload.uri,
      IOTEDGE_APIVERSION: '2019-01-30',
      IOTEDGE_AUTHSCHEME: 'sasToken', // set by the runtime (docs/contract/edge.md#edge-environment)
    }
  },
)

Given('an Edge debugging environment', async function (this: ConformanceWorld) {
  const { caPem } = await this.hub.start()
  const { certFile } = await certificateFiles()
  const caFile = join(certFile, '..', `ca-${String(this.clock.now())}.pem`)
  writeFileSync(caFile, caPem)
  this.environment = {
    EdgeHubConnectionString: `${connectionStringFor(this, 'module')};GatewayHostName=${this.names.get('gateway')}`,
    EdgeModuleCACertificateFile: caFile,
  }
})

Given('the environment has:', function (this: ConformanceWorld, table: DataTable) {
  const changed = new Map(Object.entries(this.environment))
  for (const [name = '', value = ''] of table.raw()) {
    if (value === '(none)') changed.delete(name)
    else changed.set(name, this.names.fill(value))
  }
  this.environment = Object.fromEntries(changed)
})

Given('the network between client and hub is watched', async function (this: ConformanceWorld) {
  const { mqttPort, httpsPort } = await this.hub.start()
  const tap = await startTap(this.address, this.overWebSocket ? httpsPort : mqttPort)
  this.defer(() => tap.stop())
  this.tap = tap
  this.isRelayed = true
})

Then('the TLS handshake names the host {string}', async function (this: ConformanceWorld, host: string) {
  await this.time.settle()
  const wanted = this.names.fill(host)
  const named = this.tap?.hellos.map(({ serverName }) => serverName) ?? []
  try {
    strictEqual(named.at(-1), wanted)
  } catch (error) {
    // Another client of the identity, which lost its place, may be back already.
    if (!named.includes(wanted)) throw error
    this.reading.note(error)
  }
})

Given(
  /^certificate files( of an authority that the hub trusts)?$/,
  async function (this: ConformanceWorld, trusted: string | null) {
    const files = await certificateFiles()
    for (const [name, file] of Object.entries(files)) this.names.set(name, String(file))
    if (trusted === null) return
    const { registry } = await this.hub.start()
    registry.trustCertificateAuthority(files.rootPem)
    registry.update(
      { deviceId: this.names.get('device') },
      { authentication: { type: 'certificateAuthority' } },
      '*',
    )
  },
)

When('the workload API is going to fail {int} time(s)', function (this: ConformanceWorld, times: number) {
  const workload = workloads.get(this)
  if (workload === undefined) throw new HarnessError('The scenario has no workload API')
  workload.failNext(times)
})

Then('the workload API has signed {int} token(s)', function (this: ConformanceWorld, count: number) {
  strictEqual(workloads.get(this)?.digests.length, count)
})
