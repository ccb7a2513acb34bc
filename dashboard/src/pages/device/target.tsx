/** Whether the device itself is meant, or one of its modules. */

import type { IdentityDocument } from '../../lib/types.ts'
import { Field } from '../../parts/basics.tsx'

export interface TargetProps {
  readonly device: IdentityDocument
  readonly moduleId: string | undefined
  readonly onPick: (moduleId: string | undefined) => void
}

export function Target({ device, moduleId, onPick }: TargetProps) {
  const { modules = [] } = device
  if (modules.length === 0) return null
  return (
    <Field label="Of">
      {(attributes) => (
        <select
          {...attributes}
          value={moduleId ?? ''}
          onChange={(event) => {
            onPick(event.currentTarget.value === '' ? undefined : event.currentTarget.value)
          }}
        >
          <option value="">the device itself</option>
          {modules.map((id) => (
            <option key={id} value={id}>
              module {id}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
