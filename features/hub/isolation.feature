@sut:hub @wire
Feature: Isolation
  The hub is responsible for an identity's data being its own: nobody else reads it, writes it or speaks in its name.
  https://learn.microsoft.com/azure/iot-hub/authenticate-authorize-sas

  Background:
    Given a registered identity "victim"
    And a registered identity "victim/key"
    And a registered identity "victim/lock"
    And a registered identity "stranger"
    And a registered identity "stranger/lock"

  @WIRE-D2C-15 @WIRE-D2C-16
  Rule: A client cannot publish to a topic of another identity

    Scenario Outline: <who> to <topic>
      Given "<who>" is online
      When "<who>" publishes to "<topic>"
      Then the hub closes the connection of "<who>" without a packet
      And the service reads no further message

      Examples:
        | who           | topic                                         |
        | stranger      | devices/{victim}/messages/events/             |
        | stranger      | devices/{victim}/messages/events/a=b          |
        | stranger      | devices/{victim}/messages/devicebound/        |
        | stranger      | devices/{victim}/modules/key/messages/events/ |
        | stranger      | devices/{victim}/modules/key/inputs/in/       |
        | stranger      | /devices/{victim}/messages/events/            |
        | stranger/lock | devices/{victim}/messages/events/             |
        | stranger/lock | devices/{victim}/messages/events/a=b          |
        | stranger/lock | devices/{victim}/messages/devicebound/        |
        | stranger/lock | devices/{victim}/modules/key/messages/events/ |
        | stranger/lock | devices/{victim}/modules/key/inputs/in/       |
        | stranger/lock | /devices/{victim}/messages/events/            |
        | victim/lock   | devices/{victim}/messages/events/             |
        | victim/lock   | devices/{victim}/messages/events/a=b          |
        | victim/lock   | devices/{victim}/messages/devicebound/        |
        | victim/lock   | devices/{victim}/modules/key/messages/events/ |
        | victim/lock   | devices/{victim}/modules/key/inputs/in/       |
        | victim/lock   | /devices/{victim}/messages/events/            |

  @WIRE-SESS-14
  Rule: A client cannot subscribe to a topic of another identity

    Scenario Outline: <who> to <filter>
      Given "<who>" is online
      When "<who>" sends SUBSCRIBE with:
        | filter <filter> | 1 |
      Then the hub closes the connection of "<who>" without a packet

      Examples:
        | who           | filter                                           |
        | stranger      | devices/{victim}/messages/devicebound/#          |
        | stranger      | devices/{victim}/#                               |
        | stranger      | devices/{victim}/modules/key/#                   |
        | stranger      | devices/{victim}/modules/key/inputs/#            |
        | stranger      | devices/#                                        |
        | stranger      | +/{victim}/messages/devicebound/#                |
        | stranger      | #                                                |
        | stranger      | +/#                                              |
        | stranger      | $iothub/#                                        |
        | stranger      | $share/x/devices/{victim}/messages/devicebound/# |
        | stranger/lock | devices/{victim}/messages/devicebound/#          |
        | stranger/lock | devices/{victim}/#                               |
        | stranger/lock | devices/{victim}/modules/key/#                   |
        | stranger/lock | devices/{victim}/modules/key/inputs/#            |
        | stranger/lock | devices/+/#                                      |
        | stranger/lock | devices/#                                        |
        | stranger/lock | +/{victim}/messages/devicebound/#                |
        | stranger/lock | #                                                |
        | stranger/lock | +/#                                              |
        | stranger/lock | $iothub/#                                        |
        | stranger/lock | $share/x/devices/{victim}/messages/devicebound/# |
        | victim/lock   | devices/{victim}/messages/devicebound/#          |
        | victim/lock   | devices/{victim}/#                               |
        | victim/lock   | devices/{victim}/modules/key/#                   |
        | victim/lock   | devices/{victim}/modules/key/inputs/#            |
        | victim/lock   | devices/+/#                                      |
        | victim/lock   | devices/#                                        |
        | victim/lock   | +/{victim}/messages/devicebound/#                |
        | victim/lock   | #                                                |
        | victim/lock   | +/#                                              |
        | victim/lock   | $iothub/#                                        |
        | victim/lock   | $share/x/devices/{victim}/messages/devicebound/# |

  @WIRE-AUTH-08
  Rule: A device cannot use a route of another identity or of the service

    Scenario Outline: <who>, <verb> <path>
      When "<who>" requests <verb> "<path>" with:
        | body | {} |
      Then the answer is 401
      When the service requests GET "/twins/{victim}"
      Then the answer has:
        | version | 2 |
      And the service reads no further message

      Examples:
        | who           | verb   | path                                                 |
        | stranger      | POST   | /devices/{victim}/messages/events                    |
        | stranger      | POST   | /devices/{victim}/modules/key/messages/events        |
        | stranger      | GET    | /devices/{victim}/messages/devicebound               |
        | stranger      | DELETE | /devices/{victim}/messages/devicebound/token         |
        | stranger      | POST   | /devices/{victim}/messages/devicebound/token/abandon |
        | stranger      | POST   | /devices/{victim}/files                              |
        | stranger      | POST   | /devices/{victim}/files/notifications                |
        | stranger      | GET    | /devices/{victim}                                    |
        | stranger      | PUT    | /devices/{victim}                                    |
        | stranger      | DELETE | /devices/{victim}                                    |
        | stranger      | GET    | /devices/{victim}/modules                            |
        | stranger      | GET    | /devices/{victim}/modules/key                        |
        | stranger      | PUT    | /devices/{victim}/modules/new                        |
        | stranger      | DELETE | /devices/{victim}/modules/key                        |
        | stranger      | GET    | /twins/{victim}                                      |
        | stranger      | PATCH  | /twins/{victim}                                      |
        | stranger      | PUT    | /twins/{victim}                                      |
        | stranger      | POST   | /twins/{victim}/methods                              |
        | stranger      | GET    | /twins/{victim}/modules/key                          |
        | stranger      | PATCH  | /twins/{victim}/modules/key                          |
        | stranger      | POST   | /twins/{victim}/modules/key/methods                  |
        | stranger      | GET    | /devices                                             |
        | stranger      | POST   | /devices/query                                       |
        | stranger      | GET    | /statistics/devices                                  |
        | stranger      | GET    | /messages/serviceBound/feedback                      |
        | stranger/lock | POST   | /devices/{victim}/messages/events                    |
        | stranger/lock | POST   | /devices/{victim}/modules/key/messages/events        |
        | stranger/lock | GET    | /devices/{victim}/messages/devicebound               |
        | stranger/lock | DELETE | /devices/{victim}/messages/devicebound/token         |
        | stranger/lock | POST   | /devices/{victim}/messages/devicebound/token/abandon |
        | stranger/lock | POST   | /devices/{victim}/files                              |
        | stranger/lock | POST   | /devices/{victim}/files/notifications                |
        | stranger/lock | GET    | /devices/{victim}                                    |
        | stranger/lock | PUT    | /devices/{victim}                                    |
        | stranger/lock | DELETE | /devices/{victim}                                    |
        | stranger/lock | GET    | /devices/{victim}/modules                            |
        | stranger/lock | GET    | /devices/{victim}/modules/key                        |
        | stranger/lock | PUT    | /devices/{victim}/modules/new                        |
        | stranger/lock | DELETE | /devices/{victim}/modules/key                        |
        | stranger/lock | GET    | /twins/{victim}                                      |
        | stranger/lock | PATCH  | /twins/{victim}                                      |
        | stranger/lock | PUT    | /twins/{victim}                                      |
        | stranger/lock | POST   | /twins/{victim}/methods                              |
        | stranger/lock | GET    | /twins/{victim}/modules/key                          |
        | stranger/lock | PATCH  | /twins/{victim}/modules/key                          |
        | stranger/lock | POST   | /twins/{victim}/modules/key/methods                  |
        | stranger/lock | GET    | /devices                                             |
        | stranger/lock | POST   | /devices/query                                       |
        | stranger/lock | GET    | /statistics/devices                                  |
        | stranger/lock | GET    | /messages/serviceBound/feedback                      |

    Scenario Outline: <who> shows the key of another
      When "<who>" connects with:
        | key | of stranger |
      Then "<who>" is refused with return code 5

      Examples:
        | who        |
        | victim     |
        | victim/key |

  @WIRE-TWIN-01
  Rule: A request without an identity is about the identity that sends it

    Scenario Outline: The reported properties of <who>
      Given "<who>" is online
      And "<who>" subscribes to "$iothub/twin/res/#"
      When "<who>" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1&deviceId={victim} |
        | payload | {"stolen":1}                                                     |
      Then "<who>" receives PUBLISH with:
        | topic | $iothub/twin/res/204/?$rid=1&$version=2 |
      When the service requests GET "/twins/{victim}"
      Then the answer has:
        | properties.reported.$version | 1 |

      Examples:
        | who           |
        | stranger      |
        | stranger/lock |
        | victim/lock   |
