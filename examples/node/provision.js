// A device of an enrollment group: it asks the provisioning service for its hub, and sends telemetry there.
import { createHmac } from 'node:crypto'
import device from 'azure-iot-device'
import { Mqtt } from 'azure-iot-device-mqtt'
import provisioning from 'azure-iot-provisioning-device'
import { Mqtt as ProvisioningMqtt } from 'azure-iot-provisioning-device-mqtt'
import security from 'azure-iot-security-symmetric-key'

const { PROVISIONING_HOST, PROVISIONING_IDSCOPE, PROVISIONING_MASTER_SYMMETRIC_KEY } = process.env
const registrationId = 'sn-007'

// The key of this device. A factory derives it; a device never knows the key of its group.
const groupKey = Buffer.from(PROVISIONING_MASTER_SYMMETRIC_KEY, 'base64')
const key = createHmac('sha256', groupKey).update(registrationId).digest('base64')

const { assignedHub, deviceId } = await provisioning.ProvisioningDeviceClient.create(
  PROVISIONING_HOST,
  PROVISIONING_IDSCOPE,
  new ProvisioningMqtt(),
  new security.SymmetricKeySecurityClient(registrationId, key),
).register()
console.log('assigned to', assignedHub, 'as', deviceId)

const client = device.Client.fromConnectionString(
  `HostName=${assignedHub};DeviceId=${deviceId};SharedAccessKey=${key}`,
  Mqtt,
)
await client.open()
await client.sendEvent(new device.Message(JSON.stringify({ temperature: 21.5 })))
console.log('telemetry sent')
await client.close()
