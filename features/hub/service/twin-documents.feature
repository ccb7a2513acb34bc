@sut:hub @wire
Feature: Twins over REST
  The hub is responsible for back ends seeing the twin as it is, and for refusing what a twin cannot hold.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-device-twins

  Background:
    Given a registered identity "lamp"

  @WIRE-TWIN-31 @WIRE-TWIN-32
  Rule: Versions and etags begin at the same place and grow by one

    Scenario: New, and after one patch
      When the service requests GET "/twins/{lamp}"
      Then the answer has:
        | version                      | 2            |
        | etag                         | AAAAAAAAAAE= |
        | properties.desired.$version  | 1            |
        | properties.reported.$version | 1            |
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"on":true}}} |
      Then the answer has:
        | version                      | 3            |
        | etag                         | AAAAAAAAAAI= |
        | properties.desired.$version  | 2            |
        | properties.reported.$version | 1            |

  @WIRE-TWIN-33
  Rule: The metadata says when each node was written, and at which version

    Scenario: Two levels
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"light":{"on":true}}}} |
      Then the answer has:
        | properties.desired.$metadata.$lastUpdated                 | /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/ |
        | properties.desired.$metadata.$lastUpdatedVersion          | 2                                               |
        | properties.desired.$metadata.light.$lastUpdatedVersion    | 2                                               |
        | properties.desired.$metadata.light.on.$lastUpdatedVersion | 2                                               |
        | properties.desired.$metadata.light.on.$lastUpdated        | /Z$/                                            |

    Scenario: What was not written keeps its version
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"on":true}}} |
      And the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"level":3}}} |
      Then the answer has:
        | properties.desired.$metadata.on.$lastUpdatedVersion    | 2 |
        | properties.desired.$metadata.level.$lastUpdatedVersion | 3 |
        | properties.desired.$metadata.$lastUpdatedVersion       | 3 |

    Scenario: Each node on the way to what was written, and no other
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"light":{"on":true,"level":3},"fan":{"on":true}}}} |
      And the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"light":{"on":false}}}} |
      Then the answer has:
        | properties.desired.$metadata.$lastUpdatedVersion             | 3 |
        | properties.desired.$metadata.light.$lastUpdatedVersion       | 3 |
        | properties.desired.$metadata.light.on.$lastUpdatedVersion    | 3 |
        | properties.desired.$metadata.light.level.$lastUpdatedVersion | 2 |
        | properties.desired.$metadata.fan.$lastUpdatedVersion         | 2 |
        | properties.desired.$metadata.fan.on.$lastUpdatedVersion      | 2 |

    Scenario: Reported nodes have times alone
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/twin/res/#"
      When "lamp" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1 |
        | payload | {"hours":7}                                    |
      Then "lamp" receives PUBLISH
      When the service requests GET "/twins/{lamp}"
      Then the answer has:
        | properties.reported.$metadata.hours.$lastUpdated        | /Z$/   |
        | properties.reported.$metadata.hours.$lastUpdatedVersion | absent |

  @WIRE-TWIN-26
  Rule: A name has at most 1 KB of the characters that are allowed

    Scenario Outline: <what>
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"<name>":1}}} |
      Then the answer is <status>
      When the service requests GET "/twins/{lamp}"
      Then the answer has:
        | properties.desired.$version | <version> |

      Examples:
        | what                           | name          | status | version |
        | 1024 bytes                     | {x*1024}      | 200    | 2       |
        | 1025 bytes                     | {x*1025}      | 400    | 1       |
        | 513 characters in 1026 bytes   | {é*513}       | 400    | 1       |
        | 512 characters in 1024 bytes   | {é*512}       | 200    | 2       |
        | a dot                          | a.b           | 400    | 1       |
        | a dollar                       | a$b           | 400    | 1       |
        | a blank                        | a b           | 400    | 1       |
        | a control character            | a\\u0007b     | 400    | 1       |
        | a control character of C1      | a\\u0085b     | 400    | 1       |
        | a hyphen and letters of no kind | größe-1      | 200    | 2       |

  @WIRE-TWIN-27
  Rule: A text has at most 4 KB

    Scenario Outline: <what>
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"text":"<text>"}}} |
      Then the answer is <status>

      Examples:
        | what                         | text     | status |
        | 4096 bytes                   | {x*4096} | 200    |
        | 4097 bytes                   | {x*4097} | 400    |
        | 2048 characters in 4096 bytes | {é*2048} | 200   |
        | 2049 characters in 4098 bytes | {é*2049} | 400   |

  @WIRE-TWIN-29
  Rule: The depth is at most 10

    Scenario Outline: <levels> objects within each other
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":<body>}} |
      Then the answer is <status>

      Examples:
        | levels | status | body                                                                        |
        | 10     | 200    | {"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":{"j":{"k":1}}}}}}}}}}}         |
        | 11     | 400    | {"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":{"j":{"k":{"l":1}}}}}}}}}}}}    |

  @WIRE-TWIN-30
  Rule: The size counts names and values; the last byte counts

    Scenario Outline: Tags with a last text of <bytes> bytes
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"tags":{"a":"{x*4095}","b":"{x*<bytes>}"}} |
      Then the answer is <status>

      Examples:
        | bytes | status |
        | 4095  | 200    |
        | 4096  | 403    |

    Scenario Outline: Tags with numbers and booleans and <bytes> bytes of text
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"tags":{"a":"{x*4095}","n":12345678901,"t":true,"b":"{x*<bytes>}"}} |
      Then the answer is <status>

      Examples:
        | bytes | status |
        | 4081  | 200    |
        | 4082  | 403    |

  @WIRE-TWIN-38
  Rule: A twin shows whether its device is connected

    Scenario: Before, during and after
      When the service requests GET "/twins/{lamp}"
      Then the answer has:
        | connectionState  | Disconnected         |
        | lastActivityTime | 0001-01-01T00:00:00Z |
      Given "lamp" is online
      When the service requests GET "/twins/{lamp}"
      Then the answer has:
        | connectionState  | Connected |
        | lastActivityTime | /^2/      |
      When "lamp" sends DISCONNECT
      And the hub closes the connection of "lamp"
      And the service requests GET "/twins/{lamp}"
      Then the answer has:
        | connectionState | Disconnected |

  @WIRE-TWIN-41
  Rule: The twins of the modules of IoT Edge are written by configurations alone

    Scenario Outline: <verb> <module>
      Given a registered identity "gateway" with:
        | capabilities.iotEdge | true |
      When the service requests <verb> "/twins/{gateway}/modules/<module>" with:
        | body | {"properties":{"desired":{"on":true}}} |
      Then the answer is 401
      And the answer has:
        | Message | /SystemModuleModifyUnauthorizedAccess/ |

      Examples:
        | verb  | module     |
        | PATCH | $edgeAgent |
        | PUT   | $edgeHub   |
