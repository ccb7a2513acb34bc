/** Direct methods, and a job over them. */

import type { JsonValue as Json } from 'mock-iot-hub'
import type { Provocation } from '../provocation.ts'
import { messageOf, type Stage } from '../stage.ts'
import { loseAndReturn, needs, provocation } from './common.ts'

export const UNKNOWN_METHOD = 'no-such-method'
const CALLER_SECONDS = 30
const LARGE = 100 * 1024

const first = (stage: Stage): { readonly name: string; readonly payload?: Json } =>
  stage.file.does.methods?.find(({ slow }) => slow !== true) ?? stage.file.does.methods?.[0] ?? { name: '' }

const gentle = { gentle: true, impossible: needs.methods }

export const METHODS: readonly Provocation[] = [
  provocation(
    'method.known',
    'methods',
    ['DUT-METH-01', 'DUT-METH-02'],
    async (stage, steps) => {
      steps.struck()
      for (const { name, payload } of stage.file.does.methods ?? [])
        await stage.invoke(name, payload, CALLER_SECONDS).done
      steps.released()
    },
    gentle,
  ),
  provocation(
    'method.unknown',
    'methods',
    ['DUT-METH-03'],
    async (stage, steps) => {
      steps.struck()
      await stage.invoke(UNKNOWN_METHOD, {}, CALLER_SECONDS).done
      steps.released()
    },
    gentle,
  ),
  provocation(
    'method.payloads',
    'methods',
    ['DUT-METH-04'],
    async (stage, steps) => {
      const { name } = first(stage)
      steps.struck()
      for (const payload of [undefined, null, 7, 'm'.repeat(LARGE)]) {
        if (!(await stage.connected(stage.patience))) break
        await stage.invoke(name, typeof payload === 'string' ? { filling: payload } : payload, CALLER_SECONDS)
          .done
      }
      steps.released()
    },
    gentle,
  ),
  provocation(
    'method.five',
    'methods',
    ['DUT-METH-05'],
    async (stage, steps) => {
      const { name, payload } = first(stage)
      steps.struck()
      await Promise.all(Array.from({ length: 5 }, () => stage.invoke(name, payload, CALLER_SECONDS).done))
      steps.released()
    },
    gentle,
  ),
  provocation(
    'method.repeated',
    'methods',
    ['DUT-METH-06'],
    async (stage, steps) => {
      const fault = stage.armFor('method.request.repeat', { dup: false })
      const { name, payload } = first(stage)
      const { done } = stage.invoke(name, payload, CALLER_SECONDS)
      if (await stage.untilFired(fault, 1, 10)) steps.struck()
      await done
      await stage.pause(3)
      steps.released()
    },
    gentle,
  ),
  provocation(
    'method.again',
    'methods',
    ['DUT-METH-07'],
    async (stage, steps) => {
      const { name, payload } = first(stage)
      await loseAndReturn(stage, steps, () => stage.drop())
      for (let times = 0; times < 2; times++) {
        if (!(await stage.connected(stage.patience))) return
        await stage.pause(2)
        await stage.invoke(name, payload, CALLER_SECONDS).done
      }
    },
    { impossible: needs.methods },
  ),
  provocation(
    'job',
    'methods',
    ['DUT-JOB-01'],
    async (stage, steps) => {
      const { hub, identity } = stage.bench
      const { name, payload } = first(stage)
      const jobId = `device-job-${String(stage.seq)}`
      steps.struck()
      try {
        const { jobs } = hub.services
        const method = {
          methodName: name,
          ...(payload === undefined ? {} : { payload }),
          responseTimeoutInSeconds: CALLER_SECONDS,
        }
        jobs.create({
          ...{ jobId, type: 'scheduleDeviceMethod', startAt: undefined, maxExecutionTimeInSeconds: 60 },
          queryCondition: `deviceId = '${identity.deviceId}'`,
          ...{ method, given: method },
        })
        stage.service('job', jobId, { name })
        for (let waited = 0; waited < 40; waited++) {
          const { status } = jobs.get(jobId)
          if (status === 'completed' || status === 'failed' || status === 'cancelled') {
            stage.bench.recorder.record({
              type: 'answer',
              what: 'job',
              key: jobId,
              ok: status === 'completed',
              text: status,
            })
            break
          }
          await stage.pause(1)
        }
      } catch (error) {
        stage.bench.recorder.record({
          type: 'answer',
          what: 'job',
          key: jobId,
          ok: false,
          text: messageOf(error),
        })
      }
      steps.released()
    },
    { gentle: true, impossible: needs.methods },
  ),
]
