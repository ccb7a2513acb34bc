/** What an open page of the dashboard asks of a hub: its event stream, and its questions each second. */

/** The requests of a page, as `dashboard/src` makes them. */
interface PageRequests {
  readonly stream: string
  readonly eachSecond: readonly string[]
}

const NOTABLE = 'connected,disconnected,operation,delivery,refusal,fault,clock,registry,reset,tls-failed'

/** The overview, and the timeline of one device. */
export const PAGES = {
  overview: { stream: `/journal?type=${NOTABLE}&sample=20&follow=&after=0`, eachSecond: ['/status'] },
  timeline: {
    stream: '/journal?device=bench-0&sample=200&follow=&after=0',
    eachSecond: ['/status', '/devices/bench-0?keys=hidden'],
  },
} as const satisfies Readonly<Record<string, PageRequests>>

/** Opens a page. @returns closes it; gives the number of bytes that it was sent. */
export function openPage(controlUrl: string, { stream, eachSecond }: PageRequests): () => Promise<number> {
  const ending = new AbortController()
  let bytes = 0
  const read = async (path: string): Promise<void> => {
    const { body, ok } = await fetch(controlUrl + path, { signal: ending.signal })
    if (!ok || body === null) throw new Error(`${path} was refused`)
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) bytes += chunk.length
  }
  const reading = read(stream).catch((error: unknown) => {
    if (!ending.signal.aborted) throw error
  })
  const timer = setInterval(() => {
    for (const path of eachSecond) void read(path).catch(() => undefined)
  }, 1_000)
  return async () => {
    clearInterval(timer)
    ending.abort()
    await reading
    return bytes
  }
}
