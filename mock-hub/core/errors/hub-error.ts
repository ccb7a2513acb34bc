import { HUB_ERRORS, messageOf, type HubErrorKind } from './catalogue.ts'
import { contractLink } from './contract-link.ts'

/** Why the hub refused: the rule, what it demands, what was given, and where it is documented. Holds no key and no signature. */
export interface Explanation {
  /** Id of the requirement behind the rule, for example `WIRE-AUTH-08`; for an armed fault the name of its type. */
  readonly rule: string
  /** What the rule demands, in words. */
  readonly expected: string
  /** What was given, in words; secrets are left out. */
  readonly received: string
  /** Page and anchor that document the rule, for example `docs/contract/authentication.md#wire-auth-08`. */
  readonly source: string
}

/** What a refusal is made of. */
export interface Refusal {
  /** The service's name of the error. */
  readonly kind: HubErrorKind
  /** Id of the rule that was broken, for example `WIRE-AUTH-08`. */
  readonly rule: string
  /** What the rule demands, in words. */
  readonly expected: string
  /** What was given, in words; holds no secret. */
  readonly received: string
  /** The service's text for the caller; holds no secret. Default: the template of the kind in the catalogue. */
  readonly message?: string | undefined
  /** Extra fields of the error body, for example `{ timeout: '00:00:00' }`. */
  readonly info?: Readonly<Record<string, unknown>> | undefined
}

/** A refusal. Each adapter translates it: to a CONNACK code, a closed link, an HTTP status and body, the status of a twin response. */
export class HubError extends Error {
  /** The service's name of the error, for example `DeviceNotFound`. */
  readonly kind: HubErrorKind
  /** The rule, what it demands, what was given, and where it is documented. */
  readonly explanation: Explanation
  /** Extra fields of the error body, for example `{ timeout: '00:00:00' }`. */
  readonly info: Readonly<Record<string, unknown>> | undefined

  constructor({ kind, rule, expected, received, message, info }: Refusal) {
    super(message ?? messageOf(kind, expected, received))
    this.name = 'HubError'
    this.kind = kind
    this.explanation = { rule, expected, received, source: contractLink(rule) }
    this.info = info
  }

  /** HTTP status of the answer. */
  get status(): number {
    return HUB_ERRORS[this.kind].status
  }

  /** Six-digit code, for example 404001. */
  get code(): number {
    return HUB_ERRORS[this.kind].code
  }
}

/** Whatever was thrown, as a HubError: an unexpected error becomes a ServerError. */
export function toHubError(error: unknown): HubError {
  if (error instanceof HubError) return error
  return new HubError({
    kind: 'ServerError',
    rule: 'internal',
    expected: 'the hub to handle this request',
    received: error instanceof Error ? error.message : String(error),
  })
}
