@sut:hub @wire
Feature: Connections to the provisioning service
  The service is responsible for accepting every device that connects as the SDKs do, and for keeping no session.
  https://learn.microsoft.com/azure/iot/iot-mqtt-connect-to-iot-dps

  Background:
    Given an enrollment "thermostat"

  @DPS-CONN-01
  Rule: The user name holds ID scope, registration id and api-version; the client id is the registration id

    Scenario: As documented
      When "thermostat" connects to the provisioning service with:
        | client id | {thermostat}                                              |
        | user name | {scope}/registrations/{thermostat}/api-version=2019-03-31 |
      Then "thermostat" receives CONNACK with:
        | return code     | 0     |
        | session present | false |

  @DPS-CONN-02
  Rule: What follows the api-version is optional

    Scenario Outline: <form>
      When "thermostat" connects to the provisioning service with:
        | user name | {scope}/registrations/{thermostat}/<tail> |
      Then "thermostat" is accepted

      Examples:
        | form                     | tail                                                           |
        | an agent, encoded        | api-version=2019-03-31&ClientVersion=azure-iot-device%2F2.14.0 |
        | an agent of another form | api-version=2021-06-01&ClientVersion=1.14.0                    |
        | a question mark before   | ?api-version=2019-03-31                                        |
        | an unknown key           | api-version=2019-03-31&x=1                                     |

  @DPS-CONN-03
  Rule: The client id is the registration id

    Scenario: Another client id
      When "thermostat" connects to the provisioning service with:
        | client id | somebody-else |
      Then "thermostat" is refused with return code 5

  @DPS-CONN-04
  Rule: A user name without its parts is refused

    Scenario Outline: <lacks>
      When "thermostat" connects to the provisioning service with:
        | user name | <user name> |
      Then "thermostat" is refused with return code 5

      Examples:
        | lacks                  | user name                                  |
        | no api-version         | {scope}/registrations/{thermostat}         |
        | an empty api-version   | {scope}/registrations/{thermostat}/        |
        | no registrations       | {scope}/{thermostat}/api-version=2019-03-31 |

  @DPS-CONN-05
  Rule: No session is kept, whatever the clean-session flag says

    Scenario: A subscription does not survive
      Given "thermostat" listens to the provisioning service with:
        | clean | false |
      When "thermostat" loses its connection
      And "thermostat" connects to the provisioning service with:
        | clean | false |
      Then "thermostat" receives CONNACK with:
        | return code     | 0     |
        | session present | false |
      When "thermostat" sends PUBLISH with:
        | topic | $dps/registrations/PUT/iotdps-register/?$rid=1 |
      Then "thermostat" receives PUBACK
      And "thermostat" receives no PUBLISH

  @DPS-CONN-06
  Rule: Keep-alive 0 is accepted, and nothing ends the connection

    Scenario: A minute of silence
      When "thermostat" connects to the provisioning service with:
        | keep-alive | 0 |
      Then "thermostat" is accepted
      When 60 seconds pass at the hub
      Then "thermostat" is still online

    Scenario: Another keep-alive is kept
      When "thermostat" connects to the provisioning service with:
        | keep-alive | 10 |
      Then "thermostat" is accepted
      When 60 seconds pass at the hub
      Then the hub closes the connection of "thermostat"

  @DPS-CONN-07
  Rule: MQTT over WebSocket is on the path of the hub

    Scenario: As documented
      When "thermostat" connects to the provisioning service with:
        | over        | WebSocket          |
        | path        | /$iothub/websocket |
        | subprotocol | mqtt               |
      Then "thermostat" is accepted

  @DPS-CONN-08 @DPS-CONN-09
  Rule: The paths and spellings of the SDKs work as well

    Scenario Outline: <path> with <subprotocol>
      When "thermostat" connects to the provisioning service with:
        | over        | WebSocket     |
        | path        | <path>        |
        | subprotocol | <subprotocol> |
      Then "thermostat" is accepted

      Examples:
        | path               | subprotocol |
        | /                  | mqtt        |
        | /mqtt              | mqtt        |
        | /$iothub/websocket | MQTT        |

  @DPS-CONN-10
  Rule: A hub on the same ports is still reached

    Scenario: Beside each other
      Given a registered identity "lamp"
      And "lamp" is online
      And "thermostat" listens to the provisioning service
      When "thermostat" registers
      Then the registration is answered with:
        | answer | 202 |
      And "lamp" is still online

  @DPS-SUB-01
  Rule: The filter for answers is granted at QoS 1

    Scenario: QoS 1
      When "thermostat" connects to the provisioning service
      Then "thermostat" is accepted
      When "thermostat" sends SUBSCRIBE with:
        | filter $dps/registrations/res/# | 1 |
      Then "thermostat" receives SUBACK with:
        | granted | 1 |
      When "thermostat" registers
      Then the registration is answered with:
        | qos    | 1   |
        | answer | 202 |

  @DPS-SUB-02
  Rule: QoS 2 is granted as 1

    Scenario: QoS 2
      When "thermostat" connects to the provisioning service
      Then "thermostat" is accepted
      When "thermostat" sends SUBSCRIBE with:
        | filter $dps/registrations/res/# | 2 |
      Then "thermostat" receives SUBACK with:
        | granted | 1 |
      When "thermostat" registers
      Then the registration is answered with:
        | qos | 1 |

  @DPS-SUB-03
  Rule: QoS 0 is granted, and answers come at it

    Scenario: QoS 0
      When "thermostat" connects to the provisioning service
      Then "thermostat" is accepted
      When "thermostat" sends SUBSCRIBE with:
        | filter $dps/registrations/res/# | 0 |
      Then "thermostat" receives SUBACK with:
        | granted | 0 |
      When "thermostat" registers
      Then the registration is answered with:
        | qos | 0 |

  @DPS-SUB-04
  Rule: There is no other filter

    Scenario: A filter of the hub
      Given "thermostat" listens to the provisioning service
      When "thermostat" sends SUBSCRIBE with:
        | filter $iothub/twin/res/# | 1 |
      Then "thermostat" receives SUBACK with:
        | granted | 128 |
      And "thermostat" is still online

  @DPS-SUB-05
  Rule: A filter can be given up

    Scenario: No answer afterwards
      Given "thermostat" listens to the provisioning service
      When "thermostat" sends UNSUBSCRIBE with:
        | filter $dps/registrations/res/# | 1 |
      Then "thermostat" receives UNSUBACK
      When "thermostat" sends PUBLISH with:
        | topic | $dps/registrations/PUT/iotdps-register/?$rid=1 |
      Then "thermostat" receives PUBACK
      And "thermostat" receives no PUBLISH
