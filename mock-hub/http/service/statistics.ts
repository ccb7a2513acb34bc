/** `/statistics`: the number of devices, and of connected devices (WIRE-REG-18). */

import type { HubRoutes } from '../common/route-context.ts'

export const statisticsRoutes: HubRoutes = (app, { hub }, done) => {
  const tags = ['registry']
  app.get(
    '/statistics/devices',
    {
      config: { access: { service: ['RegistryRead'] }, throttle: 'registry' },
      schema: { tags, summary: 'Count devices' },
    },
    () => {
      let enabledDeviceCount = 0
      for (const { status } of hub.registry.devices()) if (status === 'enabled') enabledDeviceCount++
      const totalDeviceCount = hub.registry.size
      return {
        totalDeviceCount,
        enabledDeviceCount,
        disabledDeviceCount: totalDeviceCount - enabledDeviceCount,
      }
    },
  )
  app.get(
    '/statistics/service',
    {
      config: { access: { service: ['ServiceConnect', 'RegistryRead'] }, throttle: 'registry' },
      schema: { tags, summary: 'Count connected devices' },
    },
    () => {
      let connectedDeviceCount = 0
      for (const { connectionState } of hub.registry.devices())
        if (connectionState === 'Connected') connectedDeviceCount++
      return { connectedDeviceCount }
    },
  )
  done()
}
