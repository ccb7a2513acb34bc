/** Individual enrollments and groups: what differs between the two. */

import type { About, EnrollmentDocument } from '../../lib/types.ts'

export type EnrollmentKind = 'individual' | 'group'
/** The provisioning service beside the hub. */
export type Service = NonNullable<About['provisioning']>

export const KINDS = {
  individual: { root: '/enrollments', noun: 'enrollment', idName: 'Registration id' },
  group: { root: '/enrollment-groups', noun: 'group', idName: 'Group id' },
} as const

/** Where the control API has it. */
export function enrollmentPath(kind: EnrollmentKind, id: string): string {
  return `${KINDS[kind].root}/${encodeURIComponent(id)}`
}

export function idOf({ registrationId, enrollmentGroupId }: EnrollmentDocument): string {
  return registrationId ?? enrollmentGroupId ?? ''
}
