/**
 * All steps, hooks and parameter types of the suite, for your own cucumber run: `import: ['iot-hub-conformance']` in
 * the configuration of cucumber-js, next to your own features.
 */

import './world/world.ts'
import './world/hooks.ts'
import './steps/client/parameter-types.ts'
import './steps/client/clients.steps.ts'
import './steps/hub/amqp.steps.ts'
import './steps/hub/deliveries.steps.ts'
import './steps/hub/https.steps.ts'
import './steps/hub/identities.steps.ts'
import './steps/hub/import-export.steps.ts'
import './steps/hub/mqtt.steps.ts'
import './steps/hub/pages.steps.ts'
import './steps/provisioning/service.steps.ts'
import './steps/provisioning/service-amqp.steps.ts'
import './steps/hub/service.steps.ts'
import './steps/hub/works.steps.ts'
import './steps/client/hub.steps.ts'
import './steps/client/lives.steps.ts'
import './steps/client/outcomes.steps.ts'
import './steps/client/environment.steps.ts'
import './steps/provisioning/client.steps.ts'
import './steps/client/wire.steps.ts'
import './steps/client/works.steps.ts'
import './trials/client.steps.ts'
import './trials/hub.steps.ts'
import './trials/service.steps.ts'

export { ConformanceWorld } from './world/world.ts'
