/** File upload in three steps. */

import type { FaultDefinition } from 'mock-iot-hub'
import type { Provocation, Steps } from '../provocation.ts'
import { Trouble, type Stage } from '../stage.ts'
import { provocation } from './common.ts'

const impossible: Provocation['impossible'] = ({ does, triggers }) =>
  does.upload === undefined
    ? 'the device does not claim file upload'
    : triggers.upload === undefined
      ? 'there is no trigger upload'
      : undefined

async function upload(stage: Stage, steps: Steps, fault?: FaultDefinition): Promise<void> {
  const id = fault && stage.arm(fault)
  const from = stage.seq
  if (!(await stage.pull('upload'))) throw new Trouble('the trigger upload did not do its work')
  if (id === undefined || (await stage.untilFired(id, 1, 60))) steps.struck()
  await stage.next(
    'request',
    Math.max(stage.patience, stage.file.does.upload?.withinSeconds ?? 60),
    ({ url, status }) => url.includes('/files/notifications') && status < 300,
    from,
  )
  if (id !== undefined) stage.disarm(id)
  steps.released()
}

export const UPLOAD: readonly Provocation[] = [
  provocation('upload.good', 'upload', ['DUT-UPL-01'], (stage, steps) => upload(stage, steps), {
    impossible,
    gentle: true,
  }),
  provocation(
    'upload.refused',
    'upload',
    ['DUT-UPL-02'],
    (stage, steps) => upload(stage, steps, { name: 'file_upload.storage.refuse', count: 'always' }),
    { impossible, gentle: true },
  ),
  provocation(
    'upload.throttled',
    'upload',
    ['DUT-UPL-03'],
    (stage, steps) =>
      upload(stage, steps, {
        name: 'file_upload.response.status',
        scope: { identity: stage.key },
        parameters: { status: 429 },
      }),
    { impossible, gentle: true },
  ),
]
