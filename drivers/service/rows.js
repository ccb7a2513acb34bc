/** Runs calls of a service SDK one after the other and prints what came of each, one JSON object a line. */

const PATIENCE_MS = 30_000

/** `skip(reason)` inside a call: it cannot be tried here. */
export class Skipped extends Error {}

export async function row(area, call, run) {
  const timeout = new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('nothing came in 30 s')), PATIENCE_MS).unref()
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

/** Asks again until it holds. */
export async function eventually(ask, holds) {
  for (;;) {
    const seen = await ask()
    if (holds(seen)) return seen
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
