import type { IssueCertificate } from '../../net/certificates/issue-certificate.ts'

export interface WorkloadOptions {
  /** CAs that modules must trust, in PEM: to reach the gateway, and each other. */
  readonly trustBundle: () => Promise<string>
  /** Path of a Unix socket. Default: none. */
  readonly socketPath?: string | undefined
  /** TCP port on loopback; 0: any free port. Default: none. */
  readonly port?: number | undefined
  /** Serves only the modules of this edge device. Default: all modules. */
  readonly deviceId?: string | undefined
  /** Issues certificates under a CA of the trust bundle. Without it, the certificate calls answer 501. */
  readonly issueCertificate?: IssueCertificate | undefined
}
