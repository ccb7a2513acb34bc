@sut:hub @wire
Feature: Connections
  The hub is responsible for admitting clients that identify themselves as documented, and for refusing all others at CONNECT.
  https://learn.microsoft.com/azure/iot/iot-mqtt-connect-to-iot-hub

  Background:
    Given a registered identity "thermostat"

  @WIRE-CONN-01
  Rule: MQTT 3.1.1 is served over TLS

    Scenario: A device connects over TLS
      When "thermostat" connects
      Then "thermostat" is accepted

  @WIRE-CONN-02
  Rule: MQTT without TLS is not served

    Scenario: A CONNECT in plain text gets no answer at the TLS port
      When "thermostat" connects with:
        | over | TCP |
      Then the hub closes the connection of "thermostat" without a packet

    Scenario: No port of the hub serves the device in plain text
      Then MQTT without TLS is served to "thermostat" nowhere
      And "thermostat" connects
      And "thermostat" is accepted

  @WIRE-CONN-03
  Rule: MQTT is served inside a WebSocket at /$iothub/websocket with the subprotocol mqtt

    Scenario: A device connects over a WebSocket
      When "thermostat" connects with:
        | over | WebSocket |
      Then "thermostat" is accepted

    Scenario: The C SDK writes the subprotocol in capitals
      When "thermostat" connects with:
        | over        | WebSocket |
        | subprotocol | MQTT      |
      Then "thermostat" is accepted

  @WIRE-CONN-04
  Rule: The WebSocket's address may say that there is no client certificate

    Scenario: Java and azure-sdk-for-c add it
      When "thermostat" connects with:
        | over | WebSocket                                          |
        | path | /$iothub/websocket?iothub-no-client-cert=true |
      Then "thermostat" is accepted

  @WIRE-CONN-05
  Rule: A WebSocket without a subprotocol of the hub is refused

    Scenario: Another subprotocol
      When "thermostat" connects with:
        | over        | WebSocket |
        | subprotocol | chat      |
      Then the upgrade is refused with 400

    Scenario: Another path
      When "thermostat" connects with:
        | over | WebSocket  |
        | path | /websocket |
      Then the upgrade is refused with 400

  @WIRE-CONN-06
  Rule: The server's certificate names the host that was dialled, and TLS 1.2 is enough

    Scenario: A client that verifies chain and name, and speaks no newer TLS
      When "thermostat" connects with:
        | tls | TLSv1.2 |
      Then "thermostat" is accepted

  @WIRE-CONN-37 @WIRE-CONN-35 @hub:rsa
  Rule: A client that knows RSA suites alone finds one of the service's

    Scenario Outline: A small client with <suite>
      When "thermostat" connects with:
        | tls    | TLSv1.2 |
        | cipher | <suite> |
      Then "thermostat" is accepted

      Examples:
        | suite                       |
        | ECDHE-RSA-AES128-GCM-SHA256 |
        | ECDHE-RSA-AES256-GCM-SHA384 |
        | ECDHE-RSA-AES128-SHA256     |
        | ECDHE-RSA-AES256-SHA384     |

    Scenario Outline: A client with <suite> is refused in the handshake
      When "thermostat" fails to connect with:
        | tls    | TLSv1.2 |
        | cipher | <suite> |

      Examples:
        | suite                |
        | AES256-GCM-SHA384    |
        | ECDHE-RSA-AES128-SHA |

  @WIRE-CONN-07
  Rule: A device's client id is its device id

    Scenario: Client id and user name agree
      When "thermostat" connects with:
        | client id | {thermostat}                                   |
        | user name | {host}/{thermostat}/?api-version=2021-04-12 |
      Then "thermostat" is accepted

  @WIRE-CONN-08
  Rule: A module's client id is device id, slash, module id

    Scenario: Client id and user name agree
      Given a registered identity "thermostat/meter"
      When "thermostat/meter" connects with:
        | client id | {thermostat}/meter |
      Then "thermostat/meter" is accepted

  @WIRE-CONN-09
  Rule: A client id that is not the identity of the user name is refused

    Scenario Outline: <client id>
      When "thermostat" connects with:
        | client id | <client id>                                 |
        | user name | {host}/{thermostat}/?api-version=2021-04-12 |
      Then "thermostat" is refused with return code 5

      Examples:
        | client id          |
        | another            |
        | {THERMOSTAT}       |
        | {thermostat}/meter |


  @WIRE-CONN-10
  Rule: A device's user name is host, device id and api-version

    Scenario: As documented
      When "thermostat" connects with:
        | user name | {host}/{thermostat}/?api-version=2018-06-30 |
      Then "thermostat" is accepted

  @WIRE-CONN-11
  Rule: A module's user name is host, device id, module id and api-version

    Scenario: As documented
      Given a registered identity "thermostat/meter"
      When "thermostat/meter" connects with:
        | user name | {host}/{thermostat}/meter/?api-version=2018-06-30 |
      Then "thermostat/meter" is accepted

  @WIRE-CONN-12
  Rule: The question mark of the user name is optional

    Scenario Outline: <who>
      When "thermostat" connects with:
        | user name | {host}/{thermostat}/<tail> |
      Then "thermostat" is accepted

      Examples:
        | who     | tail                                                |
        | Go SDK  | api-version=2020-09-30                              |
        | old C   | api-version=2016-11-14&DeviceClientType=c%2F1.1.33 |

  @WIRE-CONN-13
  Rule: The api-version of the user name is optional

    Scenario: A plain MQTT client connects and sends
      When "thermostat" connects with:
        | user name | {host}/{thermostat} |
      Then "thermostat" is accepted
      When "thermostat" publishes to "devices/{thermostat}/messages/events/"
      Then "thermostat" receives PUBACK

    Scenario: There is no twin
      When "thermostat" connects with:
        | user name | {host}/{thermostat} |
      Then "thermostat" is accepted
      And "thermostat" subscribes to "$iothub/twin/res/#"
      When "thermostat" publishes to "$iothub/twin/GET/?$rid=1"
      Then "thermostat" receives PUBLISH with:
        | topic | $iothub/twin/res/400/?$rid=1 |

    Scenario: There are no methods
      When "thermostat" connects with:
        | user name | {host}/{thermostat} |
      Then "thermostat" is accepted
      And "thermostat" subscribes to "$iothub/methods/POST/#"
      When the service calls the method "reboot" of "thermostat" with:
        | body payload | null |
      Then the answer is 404 DeviceNotOnline

  @WIRE-CONN-34
  Rule: A module's user name has a question mark

    Scenario: Without it, as devices may
      Given a registered identity "thermostat/meter"
      When "thermostat/meter" connects with:
        | user name | {host}/{thermostat}/meter/api-version=2018-06-30 |
      Then "thermostat/meter" is refused with return code 5

  @WIRE-CONN-14
  Rule: The other fields of the user name are decoded, and a model id reaches the twin

    Scenario: A plug-and-play device
      When "thermostat" connects with:
        | user name | {host}/{thermostat}/?api-version=2021-04-12&x=y&DeviceClientType=a%2Fb&model-id=dtmi%3Acom%3Aexample%3BThermostat%3B1 |
      Then "thermostat" is accepted
      When the service requests GET "/twins/{thermostat}"
      Then the answer has:
        | modelId | dtmi:com:example;Thermostat;1 |

  @WIRE-CONN-15
  Rule: Every api-version of shipping SDKs is accepted

    Scenario Outline: <version>
      When "thermostat" connects with:
        | user name | {host}/{thermostat}/?api-version=<version> |
      Then "thermostat" is accepted

      Examples:
        | version            |
        | 2016-11-14         |
        | 2017-11-08-preview |
        | 2018-06-30         |
        | 2019-10-01         |
        | 2020-09-30         |
        | 2021-04-12         |

    Scenario: One that is no date
      When "thermostat" connects with:
        | user name | {host}/{thermostat}/?api-version=latest |
      Then "thermostat" is refused with return code 5

  @WIRE-CONN-16
  Rule: The host's case does not matter

    Scenario: In capitals
      When "thermostat" connects with:
        | user name | {HOST}/{thermostat}/?api-version=2021-04-12 |
      Then "thermostat" is accepted

  @WIRE-CONN-17
  Rule: Ids are case-sensitive and stand raw on the wire

    Scenario: An id with characters that URLs encode
      Given a registered identity "a.b:c@d"
      When "a.b:c@d" connects
      Then "a.b:c@d" is accepted
      When "a.b:c@d" publishes to "devices/{a.b:c@d}/messages/events/"
      Then "a.b:c@d" receives PUBACK

    Scenario: The other case is another device
      When "THERMOSTAT" connects with:
        | key | of thermostat |
      Then "THERMOSTAT" is refused with return code 5

  @WIRE-CONN-18
  Rule: An unknown device is refused with return code 5

    Scenario: Never registered
      When "nobody" connects
      Then "nobody" is refused with return code 5

  @WIRE-CONN-19
  Rule: A disabled device is refused with return code 5

    Scenario: Disabled
      Given a registered identity "suspended" with:
        | status | disabled |
      When "suspended" connects
      Then "suspended" is refused with return code 5

    Scenario: A module of a disabled device
      Given a registered identity "hall"
      And a registered identity "hall/meter"
      When the service requests PUT "/devices/{hall}" with:
        | header If-Match | *                                         |
        | body            | {"deviceId":"{hall}","status":"disabled"} |
      And "hall/meter" connects
      Then "hall/meter" is refused with return code 5

  @WIRE-CONN-20
  Rule: A wrong key is refused with return code 5

    Scenario: Signed with another device's key
      Given a registered identity "other"
      When "thermostat" connects with:
        | key | of other |
      Then "thermostat" is refused with return code 5

    Scenario: The signature was tampered with
      When "thermostat" connects with:
        | signature | tampered |
      Then "thermostat" is refused with return code 5

  @WIRE-CONN-21
  Rule: A malformed user name is refused

    Scenario Outline: "<user name>"
      When "thermostat" connects with:
        | user name | <user name> |
      Then "thermostat" is refused with return code 5

      Examples:
        | user name                                       |
        | {host}                                          |
        | {host}/                                         |
        | {host}/{thermostat}//?api-version=2021-04-12    |
        | {host}/{thermostat}/m/x/?api-version=2021-04-12 |

  @WIRE-CONN-22
  Rule: Return codes 1, 2 and 4 never stand for a refused credential

    Scenario Outline: <what>
      When "thermostat" connects with:
        | <row> | <value> |
      Then "thermostat" is refused with return code 5

      Examples:
        | what         | row      | value  |
        | no password  | password | none   |
        | empty        | password |        |
        | no token     | password | secret |
        | unknown skn  | policy   | nobody |

  @WIRE-CONN-23
  Rule: Another protocol than MQTT 3.1.1 is not let in

    Scenario Outline: <protocol> level <level>
      When "thermostat" connects with:
        | protocol | <protocol> |
        | level    | <level>    |
      Then "thermostat" is refused with return code 1

      Examples:
        | protocol | level |
        | MQIsdp   | 3     |
        | MQTT     | 5     |

  @WIRE-CONN-24
  Rule: The first packet is CONNECT

    Scenario: A ping comes first
      When "thermostat" opens a connection
      And "thermostat" sends PINGREQ
      Then the hub closes the connection of "thermostat" without a packet

    Scenario: A publish comes first
      When "thermostat" opens a connection
      And "thermostat" publishes to "devices/{thermostat}/messages/events/"
      Then the hub closes the connection of "thermostat" without a packet
      And the service reads no further message

  @WIRE-CONN-25
  Rule: A second CONNECT ends the connection

    Scenario: Twice
      Given "thermostat" is online
      When "thermostat" sends CONNECT
      Then the hub closes the connection of "thermostat" without a packet

  @WIRE-CONN-26 @clock
  Rule: A client that sends no CONNECT within a minute is disconnected

    Scenario: TLS and then silence
      When "thermostat" opens a connection
      And 61 seconds pass at the hub
      Then the hub closes the connection of "thermostat" without a packet

  @WIRE-CONN-27
  Rule: Packets sent before CONNACK are kept and handled after it

    Scenario: CONNECT and SUBSCRIBE in one write
      When "thermostat" sends CONNECT and SUBSCRIBE to "$iothub/methods/POST/#" at once
      Then "thermostat" is accepted
      And "thermostat" receives SUBACK

    Scenario: Packets sent with a CONNECT that is refused are not handled
      When "nobody" sends CONNECT and SUBSCRIBE to "$iothub/methods/POST/#" at once
      Then "nobody" is refused with return code 5
      And "nobody" receives no SUBACK

  @WIRE-CONN-28
  Rule: The newer connection of an identity wins

    Scenario: The same device again
      Given "thermostat" is online
      When "thermostat" connects
      Then "thermostat" is accepted
      And the hub closes the connection of "thermostat before" without a packet
      And "thermostat" is still online

  @WIRE-CONN-29
  Rule: Device and module do not displace one another

    Scenario: Both online
      Given a registered identity "thermostat/meter"
      And "thermostat" is online
      And "thermostat/meter" is online
      Then "thermostat" is still online
      And "thermostat/meter" is still online

  @WIRE-CONN-30
  Rule: A device that is disabled is disconnected

    Scenario: Disabled while it is connected
      Given "thermostat" is online
      When the service requests PUT "/devices/{thermostat}" with:
        | header If-Match | *            |
        | body deviceId   | {thermostat} |
        | body status     | disabled     |
      Then the hub closes the connection of "thermostat"
      When "thermostat" connects
      Then "thermostat" is refused with return code 5

    Scenario: Its modules too, and none of another device
      Given a registered identity "hall"
      And a registered identity "hall/meter"
      And "hall/meter" is online
      And "thermostat" is online
      When the service requests PUT "/devices/{hall}" with:
        | header If-Match | *                                         |
        | body            | {"deviceId":"{hall}","status":"disabled"} |
      Then the hub closes the connection of "hall/meter"
      And "thermostat" is still online

  @WIRE-CONN-31
  Rule: A device that is deleted is disconnected

    Scenario: Deleted while it is connected
      Given "thermostat" is online
      When the service requests DELETE "/devices/{thermostat}" with:
        | header If-Match | * |
      Then the hub closes the connection of "thermostat"
      When "thermostat" connects
      Then "thermostat" is refused with return code 5

  @WIRE-CONN-32
  Rule: A device cannot connect with its old keys after they have been changed

    Scenario: Both keys regenerated
      Given "thermostat" is online
      When the service requests PUT "/devices/{thermostat}" with:
        | header If-Match                               | *                                            |
        | body deviceId                                 | {thermostat}                                 |
        | body authentication.type                      | sas                                          |
        | body authentication.symmetricKey.primaryKey   | bmV3LXByaW1hcnkta2V5LW5ldy1wcmltYXJ5LWtleS0= |
        | body authentication.symmetricKey.secondaryKey | bmV3LXNlY29uZGFyeS1rZXktbmV3LXNlY29uZGFyeS0= |
      Then the answer is 200
      When "thermostat" connects
      Then "thermostat" is refused with return code 5
      When "thermostat" connects with:
        | key | bmV3LXByaW1hcnkta2V5LW5ldy1wcmltYXJ5LWtleS0= |
      Then "thermostat" is accepted

  @WIRE-CONN-33
  Rule: DISCONNECT ends the connection without the will

    Scenario: A device says goodbye
      Given "thermostat" is online with:
        | will topic   | devices/{thermostat}/messages/events/ |
        | will payload | lost                                  |
      When "thermostat" sends DISCONNECT
      Then the hub closes the connection of "thermostat"
      And the service reads no further message
      When the service requests GET "/devices/{thermostat}"
      Then the answer has:
        | connectionState | Disconnected |
