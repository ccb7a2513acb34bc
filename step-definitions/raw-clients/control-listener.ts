/** Requests to the control listener of a mock elsewhere (docs/control.md). */

import { HarnessError } from '../driver/client-driver.ts'

/** Sends a request. @returns the JSON of the answer. @throws HarnessError when it fails. */
export type Control = (method: string, path: string, body?: object) => Promise<unknown>

/** @param control the URL of the listener. */
export function controlAt(control: string): Control {
  return async (method, path, body) => {
    const url = `${control.replace(/\/$/, '')}${path}`
    const sent =
      body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const response = await fetch(url, { method, ...sent }).catch((error: unknown) => {
      throw new HarnessError(`The control listener at ${control} cannot be reached: ${String(error)}`)
    })
    const text = await response.text()
    if (response.ok) return text === '' ? undefined : (JSON.parse(text) as unknown)
    throw new HarnessError(`${method} ${url} failed with status ${String(response.status)}: ${text}`)
  }
}
