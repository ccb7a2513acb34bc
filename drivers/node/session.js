/** One client of the SDK, with the application that listens to it. */

import { errorOf, messageOf, Unsupported } from './values.js'

/** The SDK has no handler for all methods: these are the names that the suite calls. */
const METHODS = [
  ...['measure', 'reboot', 'fail', 'slow', 'first', 'second', 'other'],
  ...['older', 'newer', 'after', 'set', 'set point'],
]

export const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

export class Session {
  #seq = 0
  #held = []
  #listening = new Map()
  #enabling = []
  #connected = false
  answers = new Map()

  constructor(name, client, kind) {
    Object.assign(this, { name, client, kind })
    this.#watch(client._transport)
    client.on('connect', () => (this.#connected = true))
    client.on('disconnect', () => (this.#connected = false))
  }

  /** According to the events of the SDK. */
  state() {
    return { connected: this.#connected, handlers: [...this.#listening.keys()] }
  }

  /** The SDK subscribes in `on(...)` without reporting the end; only the callbacks of its transport show it. */
  #watch(transport) {
    for (const call of [
      'enableC2D',
      'enableMethods',
      'enableInputMessages',
      'enableTwinDesiredPropertiesUpdates',
    ]) {
      const enable = transport[call].bind(transport)
      transport[call] = (done) => {
        this.#enabling.push(new Promise((resolve) => enable((...given) => (resolve(), done(...given)))))
      }
    }
  }

  /** Settles when the hub has the subscriptions of all listeners so far. */
  async sync() {
    await new Promise(setImmediate)
    await Promise.all(this.#enabling)
  }

  tell(event, data) {
    say({ event, session: this.name, seq: ++this.#seq, data })
  }

  async twin() {
    return (this.knownTwin ??= await this.client.getTwin())
  }

  /** Implements the suite's `handle` with the listeners of the SDK. */
  async handle({ happening, kind, behaviour = {} }) {
    await this.#listening.get(happening)?.()
    this.#listening.delete(happening)
    if (kind === 'none') return
    const told = async (data, response) => {
      this.tell(happening, { argumentCount: 1, ...data })
      const { answer } = behaviour
      if (response && answer) await response.send(answer.status, answer.payload)
      if (behaviour.hold) await new Promise((resolve) => this.#held.push(resolve))
      if (behaviour.fail) throw new Error('The application has failed')
    }
    const on = (emitter, name, listener) => {
      emitter.on(name, listener)
      this.#listening.set(happening, () => emitter.removeListener(name, listener))
    }
    const { client } = this
    switch (happening) {
      case 'message': {
        const received = async (message, inputName) => {
          await told({ ...messageOf(message), ...(inputName && { inputName }) })
          await client.complete(message)
        }
        if (this.kind === 'device') on(client, 'message', received)
        else on(client, 'inputMessage', (inputName, message) => received(message, inputName))
        return
      }
      case 'method':
        for (const name of METHODS) {
          client[this.kind === 'device' ? 'onDeviceMethod' : 'onMethod'](name, (request, response) => {
            this.answers.set(request.requestId, response).set(undefined, response)
            void told(
              { requestId: request.requestId, name: request.methodName, payload: request.payload },
              response,
            )
          })
        }
        this.#listening.set('method', () => undefined)
        return
      case 'desired':
        return on(await this.twin(), 'properties.desired', (patch) => void told({ patch }))
      case 'connectionState':
        client.on('connect', () => void told({ connected: true, argumentCount: 0 }))
        return on(client, 'disconnect', () => void told({ connected: false, argumentCount: 0 }))
      case 'backgroundException':
        return on(
          client,
          'error',
          (error) => void told({ ...errorOf(error), isError: error instanceof Error }),
        )
      default:
        throw new Unsupported(`the SDK has no event like ${happening}`)
    }
  }

  async close() {
    await this.client.close()
    this.#connected = false
  }

  /** A call that the SDK still tries again would dial the hub of the next scenario. */
  dialNoMore() {
    this.client._transport._mqtt.connect = (_config, done) => done(new Error('The scenario has ended'))
  }

  release() {
    for (const goOn of this.#held.splice(0)) goOn()
  }
}
