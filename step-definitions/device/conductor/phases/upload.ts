/** File upload in three steps. */

import type { Provocation, Steps } from '../provocation.ts'
import { Trouble, type Stage } from '../stage.ts'
import { provocation } from './common.ts'

const impossible: Provocation['impossible'] = ({ does, triggers }) =>
  does.upload === undefined
    ? 'the device does not claim file upload'
    : triggers.upload === undefined
      ? 'there is no trigger upload'
      : undefined

async function upload(stage: Stage, steps: Steps, fault?: readonly [string, number]): Promise<void> {
  const id = fault && stage.armFor(fault[0], { status: fault[1] })
  const from = stage.seq
  if (!(await stage.pull('upload'))) throw new Trouble('the trigger upload did not do its work')
  if (id === undefined || (await stage.untilFired(id, 1, 60))) steps.struck()
  if (id !== undefined) stage.disarm(id)
  steps.released()
  await stage.next(
    'request',
    Math.max(stage.patience, stage.file.does.upload?.withinSeconds ?? 60),
    ({ url, status }) => url.includes('/files/notifications') && status < 300,
    from,
  )
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
    (stage, steps) => upload(stage, steps, ['http.status', 403]),
    {
      impossible: () => 'the storage of the bench cannot be made to refuse yet',
      gentle: true,
    },
  ),
  provocation(
    'upload.throttled',
    'upload',
    ['DUT-UPL-03'],
    (stage, steps) => upload(stage, steps, ['file_upload.response.status', 429]),
    { impossible, gentle: true },
  ),
]
