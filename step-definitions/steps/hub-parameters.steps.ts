/** Words of the hub side's steps. */

import { defineParameterType } from '@cucumber/cucumber'

defineParameterType({
  name: 'packet',
  regexp:
    /CONNECT|CONNACK|PUBLISH|PUBACK|PUBREC|SUBSCRIBE|SUBACK|UNSUBSCRIBE|UNSUBACK|PINGREQ|PINGRESP|DISCONNECT/,
  transformer: (name: string) => name.toLowerCase(),
})
defineParameterType({
  name: 'verb',
  regexp: /GET|PUT|POST|PATCH|DELETE/,
  transformer: (name: string) => name,
})
