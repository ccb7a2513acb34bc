import { describe, expect, it } from 'vitest'
import { IoTHubDeviceClient, IoTHubModuleClient, ProxyOptions, ValueError, X509 } from '../index.ts'
import { type Factory, settingsFrom } from './settings.ts'
import { DEVICE, KEY, MODULE } from '../testing/clients.ts'
import { serverCertificate } from '../testing/certificates.ts'

const FACTORIES: readonly Factory[] = [
  'createFromConnectionString',
  'createFromSastoken',
  'createFromSymmetricKey',
  'createFromX509Certificate',
  'createFromEdgeEnvironment',
]
const set = (options: object, factory: Factory = 'createFromConnectionString') =>
  settingsFrom(factory, options)

describe('the defaults', () => {
  it.each(FACTORIES)('of %s are the documented ones', (factory) => {
    expect(set({}, factory)).toMatchObject({
      websockets: false,
      cipher: undefined,
      productInfo: '',
      proxy: undefined,
      sastokenTtl: 3600,
      keepAlive: 60,
      autoConnect: true,
      connectionRetry: true,
      connectionRetryIntervalMs: 10_000,
      ensureDesiredProperties: true,
      endpoint: { host: undefined, mqttPort: 8883, httpsPort: 443 },
    })
  })
})

describe('unknown options', () => {
  it.each(FACTORIES)('are refused by %s, by name (BOTH-CS-08, BOTH-SAS-08)', (factory) => {
    expect(() => set({ invented: 1 }, factory)).toThrow(
      new TypeError("Unsupported keyword argument: 'invented'"),
    )
    expect(() => set({ keep_alive: 1 }, factory)).toThrow(TypeError)
  })

  it.each<[Factory, string, string]>([
    ['createFromConnectionString', 'gatewayHostname', 'BOTH-CS-09'],
    ['createFromSastoken', 'sastokenTtl', 'BOTH-SAS-09'],
    ['createFromX509Certificate', 'sastokenTtl', 'DEV-X509-08'],
    ['createFromEdgeEnvironment', 'serverVerificationCert', 'MOD-EDGE-10'],
    ['createFromEdgeEnvironment', 'gatewayHostname', 'MOD-EDGE-10'],
  ])('of %s include %s (%s)', (factory, option) => {
    expect(() => set({ [option]: 'x' }, factory)).toThrow(`Unsupported keyword argument: '${option}'`)
  })

  it('are found before any other check', () => {
    const wrong = 5 as unknown as string
    expect(() => IoTHubDeviceClient.createFromConnectionString(wrong, { nope: 1 } as object)).toThrow(
      "Unsupported keyword argument: 'nope'",
    )
  })

  it('are refused in extensions too', () => {
    expect(() => set({ extensions: { nope: 1 } })).toThrow("Unsupported keyword argument: 'extensions.nope'")
  })
})

describe('option values', () => {
  it.each([
    ['keepAlive', '30', 30],
    ['keepAlive', 1.9, 1],
    ['keepAlive', true, 1],
    ['keepAlive', 1740, 1740],
  ])('%s %j counts as %j seconds', (name, given, seconds) => {
    expect(set({ [name]: given }).keepAlive).toBe(seconds)
  })

  it.each([
    ['keepAlive', 0],
    ['keepAlive', -1],
    ['keepAlive', 1741],
    ['keepAlive', Infinity],
    ['connectionRetryInterval', 0.5],
    ['connectionRetryInterval', -3],
    ['connectionRetryInterval', 1e12],
    ['sastokenTtl', 0],
    ['sastokenTtl', -5],
    ['sastokenTtl', 1.5],
    ['cipher', 'NO-SUCH-SUITE'],
    ['cipher', ['NO_SUCH_SUITE']],
    ['serverVerificationCert', 'no certificate'],
    ['serverVerificationCert', '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----'],
  ])('%s %j is a ValueError that names the option', (name, given) => {
    expect(() => set({ [name]: given })).toThrow(ValueError)
    expect(() => set({ [name]: given })).toThrow(name)
  })

  it.each([
    ['keepAlive', null],
    ['keepAlive', 'soon'],
    ['keepAlive', NaN],
    ['keepAlive', {}],
    ['connectionRetryInterval', 'x'],
    ['sastokenTtl', '100'],
    ['cipher', 5],
    ['cipher', [5]],
    ['serverVerificationCert', 5],
    ['proxyOptions', { proxyType: 'HTTP' }],
    ['productInfo', {}],
    ['extensions', 5],
  ])('%s %j is a TypeError that names the option', (name, given) => {
    expect(() => set({ [name]: given })).toThrow(TypeError)
    expect(() => set({ [name]: given })).toThrow(name)
  })

  it.each([
    ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
    ['ecdhe_ecdsa_aes128_gcm_sha256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
    [
      ['ECDHE_ECDSA_AES128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
      'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    ],
    ['tls_aes_128_gcm_sha256', 'TLS_AES_128_GCM_SHA256'],
    ['HIGH:!aNULL', 'HIGH:!aNULL'],
  ])('cipher %j is read in either spelling (BOTH-CIPHER-01, BOTH-CIPHER-02)', (given, list) => {
    expect(set({ cipher: given }).cipher).toBe(list)
  })

  it('serverVerificationCert may be a string or bytes; empty counts as none', async () => {
    const { cert } = await serverCertificate()
    expect(set({ serverVerificationCert: cert }).serverVerificationCert).toBe(cert)
    expect(set({ serverVerificationCert: Buffer.from(cert) }).serverVerificationCert).toBe(cert)
    expect(set({ serverVerificationCert: '' }).serverVerificationCert).toBeUndefined()
  })
})

describe('the classes', () => {
  it('have the documented factories and no others (DEV-CLASS-04, MOD-CLASS-04)', () => {
    const factories = (type: object) =>
      Object.getOwnPropertyNames(type).filter((name) => name.startsWith('create'))
    expect(factories(IoTHubDeviceClient).sort()).toEqual([
      'createFromConnectionString',
      'createFromSastoken',
      'createFromSymmetricKey',
      'createFromX509Certificate',
    ])
    expect(factories(IoTHubModuleClient).sort()).toEqual([
      'createFromConnectionString',
      'createFromEdgeEnvironment',
      'createFromSastoken',
      'createFromX509Certificate',
    ])
  })

  it.each([IoTHubDeviceClient, IoTHubModuleClient])(
    'cannot be made without a factory (DEV-CLASS-02, MOD-CLASS-02)',
    (type) => {
      const bare = type as unknown as new () => unknown
      expect(() => new bare()).toThrow(TypeError)
    },
  )

  it.each([
    IoTHubDeviceClient.createFromConnectionString(DEVICE),
    IoTHubModuleClient.createFromConnectionString(MODULE),
  ])('start without handlers and not connected (DEV-CLASS-06, MOD-CLASS-06)', (client) => {
    expect(client.connected).toBe(false)
    expect([
      client.onBackgroundException,
      client.onConnectionStateChange,
      client.onMessageReceived,
      client.onMethodRequestReceived,
      client.onNewSastokenRequired,
      client.onTwinDesiredPropertiesPatchReceived,
    ]).toEqual([null, null, null, null, null, null])
  })

  it('refuse an assignment to connected (BOTH-CONNECTED-03)', () => {
    const client = IoTHubDeviceClient.createFromConnectionString(DEVICE) as { connected: boolean }
    expect(() => {
      client.connected = true
    }).toThrow(TypeError)
  })
})

describe('required arguments', () => {
  const none = undefined as unknown as string
  it.each<[string, () => unknown, new (text: string) => Error]>([
    ['connection string', () => IoTHubDeviceClient.createFromConnectionString(none), TypeError],
    ['SAS token', () => IoTHubModuleClient.createFromSastoken(none), TypeError],
    ['symmetric key', () => IoTHubDeviceClient.createFromSymmetricKey(none, 'h', 'd'), TypeError],
    ['host name', () => IoTHubDeviceClient.createFromSymmetricKey(KEY, none, 'd'), TypeError],
    ['device id', () => IoTHubDeviceClient.createFromSymmetricKey(KEY, 'h', none), TypeError],
    ['empty device id', () => IoTHubDeviceClient.createFromSymmetricKey(KEY, 'h', ''), ValueError],
    ['key that is not base64', () => IoTHubDeviceClient.createFromSymmetricKey('abc', 'h', 'd'), ValueError],
    [
      'X509',
      () => IoTHubDeviceClient.createFromX509Certificate(none as unknown as X509, 'h', 'd'),
      TypeError,
    ],
    [
      'module id',
      () => IoTHubModuleClient.createFromX509Certificate(new X509('a', 'b'), 'h', 'd', none),
      TypeError,
    ],
  ])('%s (BOTH-CS-02, BOTH-SAS-02, DEV-SK-02, DEV-SK-06, DEV-X509-02, MOD-X509-02)', (_what, make, kind) => {
    expect(make).toThrow(kind)
  })
})

describe('ProxyOptions', () => {
  it('keeps its arguments', () => {
    const proxy = new ProxyOptions('SOCKS5', 'proxy', '1080' as unknown as number, 'me', 'pass')
    expect([proxy.proxyType, proxy.proxyAddress, proxy.proxyPort]).toEqual(['SOCKS5', 'proxy', 1080])
    expect([proxy.proxyUsername, proxy.proxyPassword]).toEqual(['me', 'pass'])
  })

  it.each([
    ['socks5', 'p', 1],
    ['HTTP', '', 1],
    ['HTTP', 'p', 0],
    ['HTTP', 'p', 65_536],
    ['HTTP', 'p', 'x'],
  ])('refuses %j', (...args) => {
    expect(() => new ProxyOptions(...(args as ['HTTP', string, number]))).toThrow(ValueError)
  })
})
