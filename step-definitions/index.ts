/**
 * All steps, hooks and parameter types of the suite, for your own cucumber run: `import: ['iot-hub-conformance']` in
 * the configuration of cucumber-js, next to your own features.
 */

import './world/world.ts'
import './world/hooks.ts'
import './steps/parameter-types.ts'
import './steps/clients.steps.ts'
import './steps/hub-amqp.steps.ts'
import './steps/hub-deliveries.steps.ts'
import './steps/hub-https.steps.ts'
import './steps/hub-identities.steps.ts'
import './steps/hub-import-export.steps.ts'
import './steps/hub-mqtt.steps.ts'
import './steps/hub-pages.steps.ts'
import './steps/hub-provisioning.steps.ts'
import './steps/hub-provisioning-amqp.steps.ts'
import './steps/hub-service.steps.ts'
import './steps/hub-works.steps.ts'
import './steps/hub.steps.ts'
import './steps/lives.steps.ts'
import './steps/outcomes.steps.ts'
import './steps/environment.steps.ts'
import './steps/provisioning-client.steps.ts'
import './steps/wire.steps.ts'
import './steps/works.steps.ts'
import './trials/client.steps.ts'
import './trials/hub.steps.ts'
import './trials/service.steps.ts'

export { ConformanceWorld } from './world/world.ts'
