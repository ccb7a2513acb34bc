import { describe, expect, it } from 'vitest'
import { ClientError } from '../core/errors/client-errors.ts'
import { OSError } from '../core/errors/os-error.ts'
import { OperationCancelled, OperationTimeout } from '../core/errors/operation-errors.ts'
import type { Link, LinkListener, ConnectionAware, Transport } from '../core/ports.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { Connection } from './connection.ts'

/** A transport whose links the test controls. */
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
    if (listener === undefined) throw new Error('Nothing was dialed')
    return listener
  }
}

function make(autoConnect = true, beforeDial: () => Promise<void> | undefined = () => undefined) {
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
      credentialsRefused: () => undefined,
      beforeDial,
    },
  )
  return { transport, clock, changes, connection }
}

async function connected() {
  const parts = make()
  const opening = parts.connection.run('open')
  parts.transport.newest.up(false)
  await opening
  return parts
}

describe('a connection', () => {
  it('sends the token when it dials, and is connected when the link is up', async () => {
    const { transport, changes } = await connected()
    expect(transport.tokens).toEqual(['token'])
    expect(changes).toEqual([true])
  })

  it('waits for a token that is being made, and fails when it cannot be made', async () => {
    let fail: (error: Error) => void = () => undefined
    const { connection, transport } = make(true, () => new Promise((_resolve, reject) => (fail = reject)))
    const opening = connection.run('open')
    expect(transport.tokens).toEqual([])
    fail(new OSError('no workload API'))
    await expect(opening).rejects.toBeInstanceOf(OSError)
    expect(transport.tokens).toEqual([])
  })

  it('dials no more when it is shut down while a token is being made', async () => {
    let made = (): void => undefined
    const { connection, transport } = make(true, () => new Promise((resolve) => (made = resolve)))
    const opening = connection.run('open')
    const stopped = connection.run('stop')
    made()
    await stopped
    await expect(opening).rejects.toBeInstanceOf(OperationCancelled)
    expect(transport.tokens).toEqual([])
  })

  it('is disconnected when its transport cannot close, and the call fails (BOTH-DISC-04)', async () => {
    const { connection, transport, changes } = await connected()
    transport.close = () => {
      throw new Error('broken')
    }
    await expect(connection.run('close')).rejects.toMatchObject({
      constructor: ClientError,
      cause: { message: 'broken' },
    })
    expect(changes).toEqual([true, false])
    expect(transport.destroyed).toBe(1)
    await expect(connection.run('close')).resolves.toBeUndefined()
  })

  it('is shut down even when its transport cannot close (BOTH-SHUT-10)', async () => {
    const { connection, transport } = await connected()
    transport.close = () => {
      throw new Error('broken')
    }
    await expect(connection.run('stop')).rejects.toBeInstanceOf(ClientError)
    expect(connection.stopped).toBe(true)
  })

  it('ignores events of an older link', async () => {
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

  it('limits an attempt to 60 s', async () => {
    const { connection, clock, transport } = make()
    const opening = expect(connection.run('open')).rejects.toBeInstanceOf(OperationTimeout)
    clock.advance(60_000)
    await opening
    expect(transport.destroyed).toBe(1)
  })

  it('releases what waits when it is closed', async () => {
    const { connection } = await connected()
    const released: Error[] = []
    const listener: ConnectionAware = {
      attach: () => undefined,
      detach: () => undefined,
      release: (error) => released.push(error()),
    }
    connection.register(listener)
    await connection.run('close')
    expect(released).toHaveLength(1)
    expect(released[0]).toBeInstanceOf(OperationCancelled)
  })

  it('attaches its listeners in their order', async () => {
    const { connection, transport } = make()
    const served: string[] = []
    for (const name of ['first', 'second']) {
      connection.register({
        attach: () => served.push(name),
        detach: () => undefined,
        release: () => undefined,
      })
    }
    const opening = connection.run('open')
    transport.newest.up(true)
    await opening
    expect(served).toEqual(['first', 'second'])
  })
})
