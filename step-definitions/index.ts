/**
 * Every step, hook and parameter type of the suite, for a cucumber run of your own: `import: ['iot-hub-conformance']`
 * in cucumber.js's configuration, next to features of yours.
 */

import './world/world.ts'
import './world/hooks.ts'
import './steps/parameter-types.ts'
import './steps/clients.steps.ts'
import './steps/hub-https.steps.ts'
import './steps/hub-identities.steps.ts'
import './steps/hub-mqtt.steps.ts'
import './steps/hub.steps.ts'
import './steps/outcomes.steps.ts'
import './steps/environment.steps.ts'
import './steps/wire.steps.ts'

export { ConformanceWorld } from './world/world.ts'
