/** Where in the page a person is: the part of the address behind `#`. */

import { Value } from './value.ts'

/** `['devices', 'd1', 'twin']` of `#/devices/d1/twin`. */
export function partsOf(hash: string): readonly string[] {
  return hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map(decoded)
}

/** The address of a place. */
export function hrefOf(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export const route = new Value<readonly string[]>(partsOf(location.hash))
addEventListener('hashchange', () => {
  route.set(partsOf(location.hash))
})

/** Shows another place instead of this one: the way back does not lead here. */
export function replace(...parts: readonly string[]): void {
  location.replace(hrefOf(...parts))
}

/** Goes to a place. */
export function go(...parts: readonly string[]): void {
  location.hash = hrefOf(...parts)
}
