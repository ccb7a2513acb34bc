/** What devices can do: register, poll, look up. The one dispatcher: journal, faults, attestation, throttle, assignment. */

import type { Clock } from '../../base/clock.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import type { Random } from '../../base/random.ts'
import { numberParameter, type FaultMatch, type Faults } from '../../core/contract/faults.ts'
import type { Journal } from '../../core/contract/journal.ts'
import type { Commits } from '../../core/contract/store/commits.ts'
import type { Settings } from '../../core/contract/settings.ts'
import { kindOfStatus } from '../../core/errors/catalogue.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import type { Attested, Attestor } from '../attestation/attestor.ts'
import type { DeviceProvisioning, Registrant, RegistrationAnswer } from '../contract/provisioning.ts'
import { newOperationId } from '../names.ts'
import { registrationNotFound } from '../refusals.ts'
import { assign, type AssignerDependencies } from './assignment.ts'
import { RegistrationOperations, type Operation } from './operations.ts'
import { payloadOf, refuseTpm } from './register-body.ts'
import { deviceDocument, type Outcome } from './registration.ts'
import type { RegistrationStore } from './registration-store.ts'
import type { Throttles } from './throttles.ts'

/** Effects of `dps.register` that change what is decided; the others change the answer. */
const DECISIONS = ['assigning', 'assign', 'result']
const ANSWERS = ['status', 'delay', 'withhold', 'close', 'body', 'retry_after']

export interface DeviceProvisioningDependencies extends AssignerDependencies {
  readonly clock: Clock
  readonly commits: Commits
  readonly settings: Settings
  readonly journal: Journal
  readonly faults: Faults
  readonly random: Random
  readonly attestor: Attestor
  readonly store: RegistrationStore
  readonly throttles: Throttles
}

export class HubDeviceProvisioning implements DeviceProvisioning {
  readonly #deps: DeviceProvisioningDependencies
  readonly #operations: RegistrationOperations
  /** The last assignment of each registration, while it runs: they follow each other. */
  readonly #running = new Map<string, Promise<void>>()
  /** Counts how often everything was forgotten: what runs since before must not change what is there now. */
  #life = 0

  constructor(deps: DeviceProvisioningDependencies) {
    this.#deps = deps
    this.#operations = new RegistrationOperations(deps.clock, deps.commits)
    deps.store.onLoaded = () => {
      this.clear()
    }
  }

  admit(registrant: Registrant): void {
    const { attestor, settings } = this.#deps
    attestor.checkForm(registrant)
    if (settings.dpsJudgesAtConnect) attestor.attest(registrant)
  }

  prove(registrant: Registrant): void {
    this.#deps.attestor.attest(registrant)
  }

  async register(registrant: Registrant, body: string): Promise<RegistrationAnswer> {
    this.#record(registrant, 'register', { body })
    const ordered = this.#meet('dps.register', registrant, ANSWERS)
    return this.#answer(ordered, () => {
      this.#deps.attestor.checkScope(registrant.idScope)
      refuseTpm(registrant, body)
      const attested = this.#deps.attestor.attest(registrant)
      const payload = payloadOf(registrant, body)
      this.#deps.throttles.takeRegistration()
      const operation = this.#start(registrant, attested, payload)
      return this.#assigning({ operationId: operation.id, status: 'assigning' })
    })
  }

  async poll(registrant: Registrant, operationId: string): Promise<RegistrationAnswer> {
    this.#record(registrant, 'poll', { operationId })
    const ordered = this.#meet('dps.poll', registrant, ANSWERS)
    return this.#answer(ordered, () => {
      const attested = this.#deps.attestor.attest(registrant)
      const { registrationId } = registrant
      const operation = this.#operations.get(
        operationId,
        registrationId,
        this.#deps.store.find(registrationId),
      )
      this.#deps.throttles.takePoll(registrationId)
      const { ended, asked, running } = operation
      // The hub was stopped before it was decided.
      if (ended === undefined && !running)
        this.#run(operation, { ...registrant, apiVersion: asked.apiVersion }, attested, undefined)
      if (ended === undefined || operation.assigningPolls > 0) {
        operation.assigningPolls = Math.max(0, operation.assigningPolls - 1)
        const registrationState = { registrationId, status: 'assigning' }
        return this.#assigning({ operationId, status: 'assigning', registrationState })
      }
      const { status } = ended.outcome
      return {
        status: 200,
        retryAfter: undefined,
        body: { operationId, status, registrationState: deviceDocument(ended) },
      }
    })
  }

  lookup(registrant: Registrant, body: string): JsonObject {
    this.#record(registrant, 'lookup', { body })
    this.#deps.attestor.checkScope(registrant.idScope)
    refuseTpm(registrant, body)
    this.#deps.attestor.attest(registrant)
    payloadOf(registrant, body)
    const record = this.#deps.store.find(registrant.registrationId)
    if (record === undefined) throw registrationNotFound(registrant.registrationId)
    return deviceDocument(record)
  }

  clear(): void {
    this.#life += 1
    this.#operations.clear()
    this.#running.clear()
  }

  #assigning(body: JsonObject): RegistrationAnswer {
    return { status: 202, retryAfter: this.#deps.settings.dpsRetryAfterSeconds, body }
  }

  #start(registrant: Registrant, attested: Attested, payload: Json | undefined): Operation {
    const { random } = this.#deps
    const { registrationId } = registrant
    const decision = this.#meet('dps.register', registrant, DECISIONS)
    const polls = decision?.effect === 'assigning' ? numberParameter(decision, 'times', 1) : 0
    const asked = { apiVersion: registrant.apiVersion, ...(payload === undefined ? {} : { payload }) }
    const operation = this.#operations.start(newOperationId(random), registrationId, polls, asked)
    this.#run(operation, registrant, attested, decision)
    return operation
  }

  /** Decides an operation, after those of the same registration before it. */
  #run(
    operation: Operation,
    registrant: Registrant,
    attested: Attested,
    decision: FaultMatch | undefined,
  ): void {
    operation.running = true
    const { registrationId } = registrant
    const { payload } = operation.asked
    const key = registrationId.toLowerCase()
    const before = this.#running.get(key) ?? Promise.resolve()
    const life = this.#life
    const isCurrent = (): boolean => life === this.#life
    const run = before.then(async () => {
      if (!isCurrent()) return
      const outcome = await this.#decide(registrant, attested, payload, decision, isCurrent)
      if (!isCurrent()) return
      this.#operations.end(operation, this.#deps.store.put(registrationId, attested, outcome, operation.id))
      this.#record(registrant, 'ended', { operationId: operation.id, ...summary(outcome) })
      if (this.#running.get(key) === run) this.#running.delete(key)
    })
    this.#running.set(key, run)
  }

  async #decide(
    { registrationId, apiVersion }: Registrant,
    attested: Attested,
    payload: Json | undefined,
    decision: FaultMatch | undefined,
    isCurrent: () => boolean,
  ): Promise<Outcome> {
    if (!attested.enrollment.enabled) return { status: 'disabled' }
    if (decision?.effect === 'result') return orderedOutcome(decision)
    const ordered = decision?.effect === 'assign' ? decision.parameters['hub'] : undefined
    return assign(this.#deps, {
      attested,
      registrationId: this.#deps.store.spelt(registrationId, attested),
      apiVersion,
      payload,
      current: this.#deps.store.find(registrationId)?.assigned,
      ordered: typeof ordered === 'string' ? ordered : undefined,
      isCurrent,
    })
  }

  /** What a fault orders comes in place of the answer, or changes it. */
  async #answer(
    ordered: FaultMatch | undefined,
    handle: () => RegistrationAnswer,
  ): Promise<RegistrationAnswer> {
    switch (ordered?.effect) {
      case undefined:
        return handle()
      case 'status':
        throw new HubError({
          kind: kindOfStatus(numberParameter(ordered, 'status', 500)),
          message: 'A fault was injected.',
          rule: ordered.fault.name,
          expected: 'no fault',
          received: ordered.fault.explain,
          info: {
            retryAfter: numberParameter(ordered, 'retryAfter', this.#deps.settings.dpsRetryAfterSeconds),
          },
        })
      case 'delay':
        await new Promise<void>((resolve) => {
          this.#deps.clock.schedule(numberParameter(ordered, 'seconds', 1) * 1000, resolve)
        })
        return handle()
      case 'body': {
        const { body } = ordered.parameters
        return { ...handle(), body: typeof body === 'string' ? body : JSON.stringify(body ?? null) }
      }
      case 'retry_after':
        return { ...handle(), retryAfter: numberParameter(ordered, 'seconds', 1) }
      default:
        return { ...handle(), instead: ordered?.effect === 'close' ? 'close' : 'withhold' }
    }
  }

  #meet(point: string, { registrationId }: Registrant, effects: readonly string[]): FaultMatch | undefined {
    const { faults } = this.#deps
    return faults.idle ? undefined : faults.match(point, registrationId, effects)
  }

  #record(
    { registrationId, transport, linkId }: Registrant,
    step: 'register' | 'poll' | 'lookup' | 'ended',
    what: JsonObject,
  ): void {
    this.#deps.journal.record({
      type: 'registration',
      identity: registrationId,
      transport,
      ...(linkId === undefined ? {} : { linkId }),
      step,
      what,
    })
  }
}

function orderedOutcome(decision: FaultMatch): Outcome {
  const { status } = decision.parameters
  if (status === 'disabled' || status === 'unassigned') return { status }
  const message = decision.parameters['message']
  return {
    status: 'failed',
    errorCode: numberParameter(decision, 'errorCode', 400_208),
    errorMessage: typeof message === 'string' ? message : 'A fault was injected.',
  }
}

function summary(outcome: Outcome): JsonObject {
  switch (outcome.status) {
    case 'assigned':
      return {
        status: outcome.status,
        assignedHub: outcome.assigned.hub,
        deviceId: outcome.assigned.deviceId,
        substatus: outcome.substatus,
      }
    case 'failed':
      return { status: outcome.status, errorCode: outcome.errorCode, errorMessage: outcome.errorMessage }
    default:
      return { status: outcome.status }
  }
}
