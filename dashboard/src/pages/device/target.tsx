/** Whether the device itself is meant, or one of its modules. */

import type { IdentityDocument } from '../../lib/types.ts'
import { SelectField } from '../../parts/fields.tsx'

export interface TargetProps {
  readonly device: IdentityDocument
  readonly moduleId: string | undefined
  readonly onPick: (moduleId: string | undefined) => void
}

export function Target({ device, moduleId, onPick }: TargetProps) {
  const { modules = [] } = device
  if (modules.length === 0) return null
  return (
    <div class="target">
      <SelectField
        label="Of"
        options={[['', 'the device itself'], ...modules.map((id) => [id, `module ${id}`] as const)]}
        value={moduleId ?? ''}
        onValue={(id) => {
          onPick(id === '' ? undefined : id)
        }}
      />
    </div>
  )
}
