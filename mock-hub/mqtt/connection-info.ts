/** What is known of a client before its first packet. */

import type { ProtocolClientInfo } from '../net/peer.ts'

/** MQTT over TLS, or over WebSocket. */
export type MqttTransport = 'mqtt' | 'mqtt-ws'

export type ConnectionInfo = ProtocolClientInfo<MqttTransport>
