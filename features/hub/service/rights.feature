@sut:hub @wire
Feature: Rights of back ends
  The hub is responsible for each request of a back end being served for those policies that have its right, and for no
  others.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-dev-guide-sas

  Background:
    Given a registered identity "lamp"
    And a registered identity "lamp/bulb"

  @WIRE-AUTH-20
  Rule: What a policy may not do is refused, whatever the request

    Scenario Outline: <policy> may not <verb> <path>
      When the service requests <verb> "<path>" with:
        | policy          | <policy> |
        | header if-match | *        |
        | body            | <body>   |
      Then the answer is 401 IotHubUnauthorizedAccess

      Examples: reading is not writing
        | policy       | verb   | path                                        | body |
        | registryRead | PUT    | /devices/{lamp}/modules/switch              | {"deviceId":"{lamp}","moduleId":"switch"} |
        | registryRead | DELETE | /devices/{lamp}/modules/bulb                | {}   |
        | registryRead | POST   | /devices                                    | [{"id":"{lamp}","importMode":"delete"}] |
        | registryRead | PUT    | /configurations/{config}                    | {"id":"{config}","content":{"deviceContent":{"properties.desired.a":1}}} |
        | registryRead | DELETE | /configurations/{config}                    | {}   |
        | registryRead | POST   | /devices/{lamp}/applyConfigurationContent   | {"modulesContent":{}} |

      Examples: the registry is not the service
        | policy            | verb   | path                                   | body                         |
        | registryReadWrite | GET    | /twins/{lamp}                          | {}                           |
        | registryReadWrite | PATCH  | /twins/{lamp}                          | {"tags":{"a":1}}             |
        | registryReadWrite | PUT    | /twins/{lamp}/modules/bulb             | {"tags":{"a":1}}             |
        | registryReadWrite | POST   | /twins/{lamp}/methods                  | {"methodName":"dim"}         |
        | registryReadWrite | POST   | /devices/{lamp}/messages/devicebound   | {}                           |
        | registryReadWrite | DELETE | /devices/{lamp}/commands               | {}                           |
        | registryReadWrite | GET    | /messages/serviceBound/feedback        | {}                           |
        | registryReadWrite | GET    | /messages/serviceBound/filenotifications | {}                         |
        | registryReadWrite | PUT    | /jobs/v2/{job}                         | {"jobId":"{job}","type":"scheduleUpdateTwin","queryCondition":"deviceId = '{lamp}'","updateTwin":{"etag":"*","tags":{"a":1}}} |

      Examples: the service is not the registry
        | policy  | verb   | path                                       | body                          |
        | service | GET    | /devices/{lamp}                            | {}                            |
        | service | GET    | /devices                                   | {}                            |
        | service | GET    | /devices/{lamp}/modules                    | {}                            |
        | service | PUT    | /devices/{lamp}                            | {"deviceId":"{lamp}"}         |
        | service | DELETE | /devices/{lamp}                            | {}                            |
        | service | POST   | /devices                                   | [{"id":"{lamp}","importMode":"delete"}] |
        | service | GET    | /statistics/devices                        | {}                            |
        | service | PUT    | /configurations/{config}                   | {"id":"{config}","content":{"deviceContent":{"properties.desired.a":1}}} |

      Examples: a policy of devices has none of these rights
        | policy | verb | path                            | body                                      |
        | device | POST | /devices/query                  | {"query":"SELECT * FROM devices"}         |
        | device | GET  | /configurations                 | {}                                        |
        | device | GET  | /jobs/v2/query                  | {}                                        |
        | device | PUT  | /devices/{lamp}                 | {"deviceId":"{lamp}"}                     |
        | device | POST | /twins/{lamp}/methods           | {"methodName":"dim"}                      |
        | device | GET  | /messages/serviceBound/feedback | {}                                        |

    Scenario: What was refused has not happened
      When the service requests DELETE "/devices/{lamp}" with:
        | policy          | registryRead |
        | header if-match | *            |
      Then the answer is 401 IotHubUnauthorizedAccess
      When the service requests PATCH "/twins/{lamp}" with:
        | policy | registryReadWrite |
        | body   | {"tags":{"a":1}}  |
      Then the answer is 401 IotHubUnauthorizedAccess
      When the service requests GET "/twins/{lamp}"
      Then the answer is 200
      And the answer has:
        | tags | absent |

    Scenario Outline: <policy> may <verb> <path>
      When the service requests <verb> "<path>" with:
        | policy          | <policy> |
        | header if-match | *        |
        | body            | <body>   |
      Then the answer is <status>

      Examples:
        | policy            | verb   | path                            | status | body                              |
        | registryReadWrite | PUT    | /devices/{lamp}                 | 200    | {"deviceId":"{lamp}"}             |
        | registryReadWrite | DELETE | /devices/{lamp}/modules/bulb    | 204    | {}                                |
        | registryReadWrite | GET    | /devices/{lamp}/modules         | 200    | {}                                |
        | registryRead      | GET    | /devices/{lamp}/modules         | 200    | {}                                |
        | registryRead      | GET    | /statistics/devices             | 200    | {}                                |
        | service           | PATCH  | /twins/{lamp}/modules/bulb      | 200    | {"tags":{"a":1}}                  |
        | service           | POST   | /devices/query                  | 200    | {"query":"SELECT * FROM devices WHERE deviceId = '{lamp}'"} |
        | service           | POST   | /devices/{lamp}/messages/devicebound | 204 | {}                              |
