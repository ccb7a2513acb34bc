/** The options of `startMockHub`. `option-rules.ts` has their rules and defaults. */

import type { HubClock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { SharedAccessPolicy } from '../core/contract/principal.ts'
import type { HubSnapshot } from '../core/contract/services/snapshots.ts'
import type { Settings } from '../core/contract/settings.ts'
import type { Seed } from './seed/seed.ts'

/** Options of {@link startMockHub}. All are optional. */
export interface MockHubOptions {
  /**
   * Host name of the hub in connection strings, user names and token scopes. Default: the IPv4 address on which the hub
   * listens, or `127.0.0.1`: the SDKs for Java and C refuse a host name without a dot, such as `localhost`.
   */
  readonly hostName?: string | undefined
  /** Further host names: in the server certificate, and accepted in user names and token scopes. Default: none. */
  readonly hostnames?: readonly string[] | undefined
  /** Address on which the hub listens for devices and back ends. Default: `127.0.0.1`. */
  readonly address?: string | undefined
  /**
   * Listens on the ports that SDKs dial (8883, 443 or else 8443, 5671) at a loopback address of its own, so that hubs run
   * side by side: the first of 127.0.0.1, 127.0.0.2 … where the ports are free. Not with `address`; a port that is given
   * is used in place of its default. macOS has no second loopback address unless one is configured. Default: false.
   */
  readonly parallel?: boolean | undefined
  /** Port of MQTT over TLS; 0: any free port. Default: 0. */
  readonly mqttPort?: number | undefined
  /** Port of HTTPS and WebSocket; 0: any free port. Default: 0. */
  readonly httpsPort?: number | undefined
  /** Port of AMQP over TLS; 0: any free port; false: no AMQP, not over WebSocket either. Default: 0. */
  readonly amqpPort?: number | false | undefined
  /** Port of the control API; 0: any free port; false: no control API. Default: 0. */
  readonly controlPort?: number | false | undefined
  /** Address of the control API; one that is not loopback needs a `controlToken`. Default: `127.0.0.1`. */
  readonly controlAddress?: string | undefined
  /** Bearer token that callers of the control API must send. Default: none. */
  readonly controlToken?: string | undefined
  /**
   * Directory that keeps the CA and the server certificate, so that clients trust the hub after a restart. Default:
   * they are made once in the process and not written to disk.
   */
  readonly certificateDirectory?: string | undefined
  /**
   * Whether the hub also has an RSA certificate, under a second CA in `caPem`, for clients without ECDSA. Its keys take
   * about 0.2 s of CPU to make, once: with a directory they are kept, without one they live as long as the process.
   * `'background'`: the hub starts without it and adds it as soon as it is made. Default: false, and what the directory
   * has is used.
   */
  readonly rsaCertificate?: boolean | 'background' | undefined
  /**
   * Root certificates in PEM that devices with X.509 CA authentication may chain to; for X.509 enrollments of the
   * provisioning service they count as verified. Default: none.
   */
  readonly trustedAuthorities?: readonly string[] | undefined
  /**
   * Devices, modules, twins and routes that the hub starts with and that `reset` restores, or a snapshot of a hub. A
   * snapshot also sets the host name, unless `hostName` does, and the clock. Default: none.
   */
  readonly seed?: Seed | HubSnapshot | undefined
  /** A provisioning service (DPS) beside the hub, on the same ports. Default: true. */
  readonly provisioning?: boolean | undefined
  /** ID scope of the provisioning service. Default: `0ne00000000`. */
  readonly idScope?: string | undefined
  /**
   * Where uploaded files go: `own` (the hub itself), `azurite` (must be installed), a storage account by its connection
   * string, or false (file upload is not configured). Default: `own`.
   */
  readonly blob?: 'own' | 'azurite' | { readonly connectionString: string } | false | undefined
  /**
   * The workload API of IoT Edge: path of a Unix socket, TCP port on loopback (0: any free port), or both. With `onDemand` it
   * listens only while a module exists, as the command does. Default: none.
   */
  readonly workload?:
    | {
        readonly socketPath?: string | undefined
        readonly port?: number | undefined
        readonly onDemand?: boolean | undefined
      }
    | undefined
  /**
   * Directory that keeps the state of the hub: identities, twins, messages, events, jobs, uploads, its clock and its
   * certificates, unless `certificateDirectory` has them. It is as secret as the keys in it. A seed fills a new directory; a
   * directory with state is continued, and the seed waits for `reset`. Default: the state is in memory and ends with the hub.
   */
  readonly dataDirectory?: string | undefined
  /**
   * When something counts as stored: on the disk, or with the system (`process`: it survives the end of the process, not
   * that of the machine, and costs less). Default: `disk`.
   */
  readonly durability?: 'disk' | 'process' | undefined
  /** Whether to start from scratch: what `dataDirectory` keeps is deleted, except the certificates. Default: false. */
  readonly fresh?: boolean | undefined
  /** Partitions of the Event Hubs-compatible endpoint, 1 to 32. Default: 4. */
  readonly partitions?: number | undefined
  /**
   * Whether the journal shows how each connection begins: `dialled`, `tls-hello` with what the client offers, and `tls-ended`.
   * For those who judge devices. Default: false.
   */
  readonly observeHandshakes?: boolean | undefined
  /** Time of the hub. The hub does not stop a clock that it is given. Default: a clock that runs with the system clock. */
  readonly clock?: HubClock | undefined
  /** Receives refusals and warnings, one line each. Default: silent. */
  readonly logger?: Logger | undefined
  /** Settings that differ from the strict defaults, see `docs/settings.md`. Default: none. */
  readonly settings?: Partial<Omit<Settings, 'hostName' | 'aliases'>> | undefined
  /** Turns on all leniencies of `docs/settings.md`; a setting given by name wins. Default: false. */
  readonly lenient?: boolean | undefined
  /** Shared access policies. Default: iothubowner, service, device, registryRead and registryReadWrite. */
  readonly policies?: readonly SharedAccessPolicy[] | undefined
  /**
   * Returns the base64 key for a purpose, such as `thermostat primary`; called once for each key that the seed does not
   * give, and for the keys of the default policies. With stable keys, connection strings survive a restart. Default:
   * random keys.
   */
  readonly keyOf?: ((purpose: string) => string) | undefined
}
