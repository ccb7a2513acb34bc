/** Q1: the query language over a large registry. */
import { createHub } from '../../mock-hub/core/create-hub.ts'
import { createServices } from '../../mock-hub/core/services/create-services.ts'
import { documentRenderer } from '../../mock-hub/http/service/document-renderer.ts'
import type { Figure } from '../figure.ts'

const DEVICES = 100_000
const BY_ID = "SELECT * FROM devices WHERE deviceId = 'bench-77777'"
const FULL_SCAN = 'SELECT * FROM devices WHERE properties.reported.temperature > 1000'

function figure(id: string, title: string, query: string, per: 'query' | 'device'): Figure {
  return {
    id,
    title,
    unit: per === 'query' ? 'µs/query' : 'µs/device',
    anchor: '',
    open: ({ size }) => {
      const count = Math.round(DEVICES * size)
      const hub = createHub()
      for (let i = 0; i < count; i++) {
        hub.registry.create({ deviceId: `bench-${i}` })
        hub.twins.patchReported({ deviceId: `bench-${i}` }, { temperature: i % 100 })
      }
      const services = createServices(hub, documentRenderer(hub), {
        read: () => Promise.reject(new Error('no blobs here')),
        write: () => Promise.reject(new Error('no blobs here')),
      })
      return Promise.resolve({
        ours: () => {
          const startedAt = performance.now()
          services.queries.run(query, { maxItems: 100 })
          const micros = (performance.now() - startedAt) * 1000
          return Promise.resolve({ value: per === 'query' ? micros : micros / count })
        },
        close: () => {
          services.stop()
          hub.stop()
          return Promise.resolve()
        },
      })
    },
  }
}

export const figures: readonly Figure[] = [
  figure('Q1', 'query by device id over 100,000 devices', BY_ID, 'query'),
  figure('Q1-scan', 'query over a twin property of 100,000 devices', FULL_SCAN, 'device'),
]
