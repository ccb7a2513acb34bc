/** The time of the browser: the only file of the page that reads it or sets a timer. */

/** Epoch milliseconds. */
export function now(): number {
  return Date.now()
}

/** Calls `run` once. @returns cancels the call. */
export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  return () => {
    clearTimeout(timer)
  }
}

/** Calls `run` now and then again and again, while the page is visible. @returns stops. */
export function every(ms: number, run: () => void): () => void {
  run()
  const timer = setInterval(() => {
    if (!document.hidden) run()
  }, ms)
  const shown = (): void => {
    if (!document.hidden) run()
  }
  document.addEventListener('visibilitychange', shown)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', shown)
  }
}
