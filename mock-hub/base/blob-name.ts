/** Names of blobs, as the blob service takes them. */

export const LONGEST_BLOB_NAME = 1_024

/**
 * Whether a name has 1 to 1024 characters, no control character, no half of a surrogate pair and no segment `.` or `..`.
 * @param name the decoded name, without its container.
 */
export function isBlobName(name: string): boolean {
  return (
    name !== '' &&
    name.length <= LONGEST_BLOB_NAME &&
    // A URL cannot contain half a surrogate pair.
    Buffer.from(name).toString() === name &&
    !/[\u0000-\u001f\u007f]/.test(name) &&
    name.split(/[/\\]/).every((segment) => segment !== '.' && segment !== '..')
  )
}
