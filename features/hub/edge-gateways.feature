@sut:hub @wire
Feature: Edge gateways
  The hub is responsible for telling a gateway who is below it, and for letting it act for its children and for nobody else.
  https://learn.microsoft.com/azure/iot-edge/nested-virtual-edge

  Background:
    Given a registered identity "gateway" with:
      | capabilities.iotEdge | true |
    And the service requests GET "/devices/{gateway}"
    And a registered identity "leaf" with:
      | deviceScope | {answer.deviceScope} |
    And a registered identity "stranger"
    And the service requests PUT "/devices/{gateway}/modules/$edgeHub" with:
      | header if-match | *                                                                                         |
      | body            | {"deviceId":"{gateway}","moduleId":"$edgeHub","authentication":{"type":"sas"}} |

  @WIRE-EDGE-08
  Rule: A gateway reads its scope

    Scenario: With an authChain
      When "gateway/$edgeHub" requests POST "/devices/{gateway}/modules/$edgeHub/devicesAndModulesInTargetDeviceScope?api-version=2020-06-30-preview" with:
        | key  | {answer.authentication.symmetricKey.primaryKey} |
        | body | {"pageSize":100,"authChain":"{gateway}"}        |
      Then the answer is 200
      And the answer has:
        | devices.0.deviceId | {gateway}  |
        | devices.1.deviceId | {leaf}     |
        | devices.2          | absent     |
        | modules.0.moduleId | $edgeAgent |
        | continuationLink   | null       |

    Scenario: Without
      When "gateway/$edgeHub" requests GET "/devices/{gateway}/modules/$edgeHub/devicesAndModulesInDeviceScope?deviceCount=100&continuationToken=&api-version=2018-08-30-preview" with:
        | key | {answer.authentication.symmetricKey.primaryKey} |
      Then the answer has:
        | devices.0.deviceId | {gateway} |
        | devices.1.deviceId | {leaf}    |
        | continuationLink   | null      |

  @WIRE-EDGE-09
  Rule: A gateway asks for one child

    Scenario: Its own
      When "gateway/$edgeHub" requests POST "/devices/{gateway}/modules/$edgeHub/getDeviceAndModuleOnBehalfOf?api-version=2020-06-30-preview" with:
        | key  | {answer.authentication.symmetricKey.primaryKey}                |
        | body | {"targetDeviceId":"{leaf}","authChain":"{leaf};{gateway}"} |
      Then the answer has:
        | devices.0.deviceId | {leaf} |
        | devices.1          | absent |

    Scenario: That of nobody
      When "gateway/$edgeHub" requests POST "/devices/{gateway}/modules/$edgeHub/getDeviceAndModuleOnBehalfOf?api-version=2020-06-30-preview" with:
        | key  | {answer.authentication.symmetricKey.primaryKey}         |
        | body | {"targetDeviceId":"{stranger}","authChain":"{gateway}"} |
      Then the answer is 401 IotHubUnauthorizedAccess

  @WIRE-EDGE-10
  Rule: An authChain names the parents of a device

    Scenario: It skips to a device that has no gateway
      When "gateway/$edgeHub" requests POST "/devices/{gateway}/modules/$edgeHub/devicesAndModulesInTargetDeviceScope?api-version=2020-06-30-preview" with:
        | key  | {answer.authentication.symmetricKey.primaryKey} |
        | body | {"authChain":"{stranger};{gateway}"}            |
      Then the answer is 401 IotHubUnauthorizedAccess

    Scenario Outline: Of another gateway, to <route>
      Given a registered identity "other" with:
        | capabilities.iotEdge | true |
      And the service requests GET "/devices/{other}"
      And a registered identity "below" with:
        | deviceScope | {answer.deviceScope} |
      And the service requests GET "/devices/{gateway}/modules/$edgeHub"
      When "gateway/$edgeHub" requests POST "/devices/{gateway}/modules/$edgeHub/<route>?api-version=2020-06-30-preview" with:
        | key  | {answer.authentication.symmetricKey.primaryKey}         |
        | body | {"targetDeviceId":"{below}","authChain":"{below};{other}"} |
      Then the answer is 401 IotHubUnauthorizedAccess

      Examples:
        | route                                |
        | devicesAndModulesInTargetDeviceScope |
        | getDeviceAndModuleOnBehalfOf         |

  @WIRE-EDGE-11
  Rule: A gateway connects for its children

    Scenario: With the chain in the user name
      When "leaf" connects with:
        | user name | {host}/{leaf}/?api-version=2021-04-12&auth-chain={leaf}%3B{gateway} |
        | scope     | {host}%2Fdevices%2F{gateway}%2Fmodules%2F%24edgeHub                 |
        | key       | {answer.authentication.symmetricKey.primaryKey}                     |
      Then "leaf" is accepted

    Scenario: For somebody who is no child
      When "stranger" connects with:
        | user name | {host}/{stranger}/?api-version=2021-04-12&auth-chain={stranger}%3B{gateway} |
        | scope     | {host}%2Fdevices%2F{gateway}%2Fmodules%2F%24edgeHub                         |
        | key       | {answer.authentication.symmetricKey.primaryKey}                             |
      Then "stranger" is refused with return code 5

  @WIRE-EDGE-12
  Rule: A gateway keeps the modules of a child gateway

    Scenario: It creates one
      Given the service requests GET "/devices/{gateway}"
      And a registered identity "lower" with:
        | capabilities.iotEdge | true                     |
        | parentScopes         | ["{answer.deviceScope}"] |
      And the service requests GET "/devices/{gateway}/modules/$edgeHub"
      When "gateway/$edgeHub" requests PUT "/devices/{gateway}/modules/$edgeHub/putModuleOnBehalfOf?api-version=2020-06-30-preview" with:
        | key  | {answer.authentication.symmetricKey.primaryKey}                            |
        | body | {"authChain":"{lower};{gateway}","module":{"moduleId":"filter"}} |
      Then the answer has:
        | deviceId | {lower} |
        | moduleId | filter  |
