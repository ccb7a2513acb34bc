import { describe, expect, it } from 'vitest'
import { ClientError } from '../core/errors/client-errors.ts'
import { OperationCancelled, OperationTimeout } from '../core/errors/operation-errors.ts'
import type { Link, LinkListener, ConnectionAware, Transport } from '../core/ports.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { Connection } from './connection.ts'

/** A transport whose links the test moves by hand. */
class TestTransport implements Transport {
  readonly listeners: LinkListener[] = []
  readonly tokens: (string | undefined)[] = []
  destroyed = 0
  /** What `close` of a link does. */
  close: (closed: () => void) => void = (closed) => {
    closed()
  }

  dial(sasToken: string | undefined, listener: LinkListener): Link {
    this.tokens.push(sasToken)
    this.listeners.push(listener)
    return {
      publish: () => undefined,
      subscribe: () => undefined,
      unsubscribe: () => undefined,
      close: (closed) => {
        this.close(closed)
      },
      destroy: () => {
        this.destroyed += 1
      },
    }
  }

  get newest(): LinkListener {
    const listener = this.listeners.at(-1)
    if (listener === undefined) throw new Error('Nothing was dialled')
    return listener
  }
}

function make(autoConnect = true) {
  const transport = new TestTransport()
  const clock = new ManualClock()
  const changes: boolean[] = []
  const connection: Connection = new Connection(
    { connectionRetry: true, connectionRetryIntervalMs: 10_000, autoConnect },
    transport,
    { sasToken: 'token', expiresAt: undefined, renew: undefined },
    clock,
    {
      stateChanged: () => changes.push(connection.connected),
      backgroundException: () => undefined,
      received: () => undefined,
    },
  )
  return { transport, clock, changes, connection }
}

async function connected() {
  const parts = make()
  const opening = parts.connection.want('open')
  parts.transport.newest.up(false)
  await opening
  return parts
}

describe('a connection', () => {
  it('shows the token when it dials, and is connected when the link is up', async () => {
    const { transport, changes } = await connected()
    expect(transport.tokens).toEqual(['token'])
    expect(changes).toEqual([true])
  })

  it('whose transport cannot close is disconnected, and the call fails (BOTH-DISC-04)', async () => {
    const { connection, transport, changes } = await connected()
    transport.close = () => {
      throw new Error('broken')
    }
    await expect(connection.want('close')).rejects.toMatchObject({
      constructor: ClientError,
      cause: { message: 'broken' },
    })
    expect(changes).toEqual([true, false])
    expect(transport.destroyed).toBe(1)
    await expect(connection.want('close')).resolves.toBeUndefined()
  })

  it('whose transport cannot close is shut down all the same (BOTH-SHUT-10)', async () => {
    const { connection, transport } = await connected()
    transport.close = () => {
      throw new Error('broken')
    }
    await expect(connection.want('stop')).rejects.toBeInstanceOf(ClientError)
    expect(connection.stopped).toBe(true)
  })

  it('is not told apart by word of an older link', async () => {
    const { connection, transport, clock } = await connected()
    const [old] = transport.listeners
    old?.down(new Error('lost'))
    clock.advance(10)
    transport.newest.up(true)
    old?.down(new Error('again'))
    old?.failed(new Error('again'))
    expect(connection.connected).toBe(true)
    expect(transport.listeners).toHaveLength(2)
  })

  it('gives an attempt 60 s', async () => {
    const { connection, clock, transport } = make()
    const opening = expect(connection.want('open')).rejects.toBeInstanceOf(OperationTimeout)
    clock.advance(60_000)
    await opening
    expect(transport.destroyed).toBe(1)
  })

  it('lets go what waits when it is closed', async () => {
    const { connection } = await connected()
    const released: Error[] = []
    const rider: ConnectionAware = {
      attach: () => undefined,
      detach: () => undefined,
      release: (error) => released.push(error()),
    }
    connection.carry(rider)
    await connection.want('close')
    expect(released).toHaveLength(1)
    expect(released[0]).toBeInstanceOf(OperationCancelled)
  })

  it('serves its riders in their order, filters before what waits', async () => {
    const { connection, transport } = make()
    const served: string[] = []
    for (const name of ['first', 'second']) {
      connection.carry({ attach: () => served.push(name), detach: () => undefined, release: () => undefined })
    }
    const opening = connection.want('open')
    transport.newest.up(true)
    await opening
    expect(served).toEqual(['first', 'second'])
  })
})
