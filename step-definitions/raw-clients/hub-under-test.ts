/** What the features of the hub side need of a hub, whoever made it: an address, a service connection string, a time. */

/** One device-to-cloud message as a back end reads it. */
export interface ReadMessage {
  readonly deviceId: string
  readonly moduleId: string | undefined
  readonly body: Buffer
  /** Application properties. */
  readonly properties: Readonly<Record<string, string | null>>
  /** System properties and annotations, by their service names (`messageId`, `source`, `authMethod` …). */
  readonly system: Readonly<Record<string, unknown>>
}

/** A hub on trial. What is optional is a lever: a hub without it runs fewer scenarios. */
export interface HubUnderTest {
  /** In user names, scopes and TLS. */
  readonly hostName: string
  /** Where to dial. */
  readonly address: string
  readonly mqttPort: number
  readonly httpsPort: number
  /** The root of the hub's certificate; undefined: the system's roots. */
  readonly caPem: string | undefined
  /** `HostName=…;SharedAccessKeyName=…;SharedAccessKey=…` with all rights. */
  readonly serviceConnectionString: string
  /** The hub's time, epoch milliseconds. */
  now(): number
  /** Lets time pass at the hub. */
  readonly pass?: (seconds: number) => Promise<void>
  /** Device-to-cloud messages since the scenario began, oldest first, as soon as there are so many. */
  readonly messages?: (count: number) => Promise<readonly ReadMessage[]>
  /** Key of a shared access policy by its name. */
  readonly policyKey?: (name: string) => string | undefined
}

/** The parts of a connection string. */
export function connectionStringParts(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(';').map((part) => {
      const cut = part.indexOf('=')
      return [part.slice(0, cut), part.slice(cut + 1)]
    }),
  )
}
