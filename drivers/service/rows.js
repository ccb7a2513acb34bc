/** Runs calls of a service SDK one after another and prints their outcomes, one JSON object per line. */

const TIMEOUT_MS = 30_000

/** `skip(reason)` inside a call: the call is not possible here. */
export class Skipped extends Error {}

export async function row(area, call, run) {
  const timeout = new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('not settled after 30 s')), TIMEOUT_MS).unref()
  })
  const tell = (outcome, detail = '') => console.log(JSON.stringify({ area, call, outcome, detail }))
  try {
    const result = await Promise.race([(async () => run())(), timeout])
    tell('passed')
    return result
  } catch (error) {
    if (error instanceof Skipped) tell('skipped', error.message)
    else tell('failed', `${error?.name}: ${error?.message} ${error?.responseBody ?? ''}`.trim())
    return undefined
  }
}

/** Repeats the call until the condition holds. */
export async function eventually(ask, holds) {
  for (;;) {
    const seen = await ask()
    if (holds(seen)) return seen
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
