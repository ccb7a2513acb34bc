@sut:hub @wire
Feature: Twins
  The hub is responsible for keeping desired and reported properties, and for telling the device what changed.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-device-twins

  Background:
    Given a registered identity "thermostat"
    And "thermostat" is online

  @WIRE-TWIN-01 @WIRE-TWIN-03 @WIRE-TWIN-05 @WIRE-TWIN-06
  Rule: A device that has subscribed to the answers reads its twin, without tags and metadata

    Scenario Outline: With the request id <rid>
      Given "thermostat" subscribes to "$iothub/twin/res/#"
      When "thermostat" publishes to "$iothub/twin/GET/?$rid=<rid>"
      Then "thermostat" receives PUBLISH with:
        | topic   | $iothub/twin/res/200/?$rid=<rid>                      |
        | payload | {"desired":{"$version":1},"reported":{"$version":1}} |

      Examples:
        | rid                                  |
        | 1                                    |
        | 7b2a6c0e-5f7e-4a55-8f0f-0d2f8a1f6f11 |

  @WIRE-TWIN-07
  Rule: A device that has not subscribed to the answers gets none

    Scenario: No subscription
      When "thermostat" publishes to "$iothub/twin/GET/?$rid=1"
      Then "thermostat" receives PUBACK
      And "thermostat" receives no PUBLISH

  @WIRE-TWIN-08 @WIRE-TWIN-09 @WIRE-TWIN-10 @WIRE-TWIN-16
  Rule: A reported patch raises the version by one, and the answer says so

    Scenario: Two patches
      Given "thermostat" subscribes to "$iothub/twin/res/#"
      When "thermostat" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1 |
        | payload | {"t":21}                                      |
      Then "thermostat" receives PUBACK
      And "thermostat" receives PUBLISH with:
        | topic   | $iothub/twin/res/204/?$rid=1&$version=2 |
        | payload | empty                                   |
      When "thermostat" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=2 |
        | payload | {"t":22}                                      |
      Then "thermostat" receives PUBLISH with:
        | topic | $iothub/twin/res/204/?$rid=2&$version=3 |

  @WIRE-TWIN-11
  Rule: A patch of a version that is not the newest is refused

    Scenario: Based on an older one
      Given "thermostat" subscribes to "$iothub/twin/res/#"
      When "thermostat" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1&$version=7 |
        | payload | {"t":21}                                                 |
      Then "thermostat" receives PUBLISH with:
        | topic | /^\$iothub\/twin\/res\/412\/\?\$rid=1/ |

    Scenario: Of two patches of the same version the second is refused
      Given "thermostat" subscribes to "$iothub/twin/res/#"
      When "thermostat" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1&$version=1 |
        | payload | {"t":21}                                                 |
      Then "thermostat" receives PUBLISH with:
        | topic | /^\$iothub\/twin\/res\/204\/\?\$rid=1/ |
      When "thermostat" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=2&$version=1 |
        | payload | {"t":22}                                                 |
      Then "thermostat" receives PUBLISH with:
        | topic | /^\$iothub\/twin\/res\/412\/\?\$rid=2/ |
      When the service requests GET "/twins/{thermostat}"
      Then the answer has:
        | properties.reported.t        | 21 |
        | properties.reported.$version | 2  |

  @WIRE-TWIN-12 @WIRE-TWIN-13 @WIRE-TWIN-14
  Rule: A payload that is not a patch changes nothing and is answered 400

    Scenario Outline: <payload>
      Given "thermostat" subscribes to "$iothub/twin/res/#"
      When "thermostat" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1 |
        | payload | <payload>                                     |
      Then "thermostat" receives PUBLISH with:
        | topic             | /^\$iothub\/twin\/res\/400\/\?\$rid=1/ |
        | payload.errorCode | /^4000\d\d$/                           |
      When the service requests GET "/twins/{thermostat}"
      Then the answer has:
        | properties.reported.$version | 1 |

      Examples:
        | payload         |
        | {"a":           |
        | [1]             |
        | {"a.b":1}       |
        | {"$version":1}  |
        | {"a":{"$b":1}}  |
        | {"a#b":1}       |

  @WIRE-TWIN-26
  Rule: A name holds no control character, no full stop, dollar sign, number sign or blank

    Scenario Outline: <name>
      When the service requests PATCH "/twins/{thermostat}" with:
        | body | {"tags":{"<name>":1}} |
      Then the answer is 400 ArgumentInvalid

      Examples:
        | name |
        | a.b  |
        | a$b  |
        | a#b  |
        | a b  |

  @WIRE-TWIN-25
  Rule: Reported properties have at most 32 KB

    Scenario: Beyond
      Given "thermostat" subscribes to "$iothub/twin/res/#"
      When "thermostat" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1                                                                                                                    |
        | payload | {"a":"{x*4000}","b":"{x*4000}","c":"{x*4000}","d":"{x*4000}","e":"{x*4000}","f":"{x*4000}","g":"{x*4000}","h":"{x*4000}","i":"{x*4000}"} |
      Then "thermostat" receives PUBLISH with:
        | topic | /^\$iothub\/twin\/res\/403\/\?\$rid=1/ |

  @WIRE-TWIN-02 @WIRE-TWIN-18
  Rule: A subscribed device is told the patch of its desired properties, nulls included, with its version

    Scenario: One property set, one removed
      Given "thermostat" subscribes to "$iothub/twin/PATCH/properties/desired/#"
      When the service requests PATCH "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"fan":{"speed":3},"light":true}}} |
      Then "thermostat" receives PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/desired/?$version=2  |
        | payload | {"fan":{"speed":3},"light":true,"$version":2}      |
      When the service requests PATCH "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"light":null}}} |
      Then "thermostat" receives PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/desired/?$version=3 |
        | payload | {"light":null,"$version":3}                       |

    Scenario: Null for a property that is not there
      Given "thermostat" subscribes to "$iothub/twin/PATCH/properties/desired/#"
      When the service requests PATCH "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"light":null}}} |
      And the service requests PATCH "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"light":true}}} |
      Then "thermostat" receives PUBLISH with:
        | payload | /^\{"light":true,"\$version":\d+\}$/ |

  @WIRE-TWIN-19
  Rule: A device is told the difference when desired properties are replaced: null for each that is gone

    Scenario: Replaced
      Given "thermostat" subscribes to "$iothub/twin/PATCH/properties/desired/#"
      When the service requests PUT "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"fan":1}}} |
      Then "thermostat" receives PUBLISH with:
        | payload | {"fan":1,"$version":2} |
      When the service requests PUT "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"light":true}}} |
      Then "thermostat" receives PUBLISH with:
        | payload | {"fan":null,"light":true,"$version":3} |

  @WIRE-TWIN-20
  Rule: A device is not told later what changed while it was away

    Scenario: Disconnected meanwhile
      Given "thermostat" is online with:
        | clean | false |
      And "thermostat" subscribes to "$iothub/twin/PATCH/properties/desired/#"
      When "thermostat" loses its connection
      And the service requests PATCH "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"fan":1}}} |
      And "thermostat" connects with:
        | clean | false |
      Then "thermostat" is accepted
      And "thermostat" receives no PUBLISH

  @WIRE-TWIN-21
  Rule: A device does not see tags

    Scenario: A tag changes
      Given "thermostat" subscribes to "$iothub/twin/PATCH/properties/desired/#"
      When the service requests PATCH "/twins/{thermostat}" with:
        | body | {"tags":{"site":"north"}} |
      Then the answer is 200
      And "thermostat" receives no PUBLISH

    Scenario: The tags are replaced
      Given "thermostat" subscribes to "$iothub/twin/PATCH/properties/desired/#"
      When the service requests PUT "/twins/{thermostat}" with:
        | body | {"tags":{"site":"north"}} |
      Then the answer is 200
      And "thermostat" receives no PUBLISH

  @WIRE-TWIN-22 @WIRE-TWIN-23 @WIRE-TWIN-34
  Rule: A patch merges: objects merge, null removes, all else replaces

    Scenario: Three patches
      When the service requests PATCH "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"a":{"b":1,"c":2},"d":[1,2]}}} |
      And the service requests PATCH "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"a":{"b":null,"e":3},"d":[3],"f":{"g":null}}}} |
      Then the answer has:
        | properties.desired.a | {"c":2,"e":3} |
        | properties.desired.d | [3]           |
        | properties.desired.f | {}            |

  @WIRE-TWIN-34
  Rule: A replacement replaces the parts that it names, each as a whole

    Background:
      Given the service requests PATCH "/twins/{thermostat}" with:
        | body | {"tags":{"site":"north","floor":1},"properties":{"desired":{"a":{"b":1},"c":2}}} |

    Scenario: Tags and desired properties
      When the service requests PUT "/twins/{thermostat}" with:
        | body | {"tags":{"site":"south"},"properties":{"desired":{"a":{"d":3}}}} |
      Then the answer is 200
      And the answer has:
        | tags                                             | {"site":"south"} |
        | properties.desired.a                             | {"d":3}          |
        | properties.desired.c                             | absent           |
        | properties.desired.$version                      | 3                |
        | properties.desired.$metadata.c                   | absent           |
        | properties.desired.$metadata.a.b                 | absent           |
        | properties.desired.$metadata.a.d.$lastUpdatedVersion | 3            |

    Scenario: Tags alone
      When the service requests PUT "/twins/{thermostat}" with:
        | body | {"tags":{"site":"south"}} |
      And the service requests GET "/twins/{thermostat}"
      Then the answer has:
        | tags                        | {"site":"south"} |
        | properties.desired.c        | 2                |
        | properties.desired.$version | 2                |

    Scenario: Desired properties alone
      When the service requests PUT "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"e":5}}} |
      And the service requests GET "/twins/{thermostat}"
      Then the answer has:
        | tags                        | {"site":"north","floor":1} |
        | properties.desired.a        | absent                     |
        | properties.desired.e        | 5                          |

    Scenario: A patch of tags merges and removes
      When the service requests PATCH "/twins/{thermostat}" with:
        | body | {"tags":{"site":null,"room":{"name":"hall"}}} |
      Then the answer has:
        | tags                 | {"floor":1,"room":{"name":"hall"}} |
        | properties.desired.c | 2                                  |

  @WIRE-TWIN-28
  Rule: Whole numbers have 52 bits

    Scenario Outline: <number>
      When the service requests PATCH "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"n":<number>}}} |
      Then the answer is <status>

      Examples:
        | number            | status |
        | 4503599627370495  | 200    |
        | 4503599627370496  | 400    |
        | -4503599627370496 | 200    |
        | -4503599627370497 | 400    |
        | 1e20              | 200    |
        | 1e400             | 400    |

  @WIRE-TWIN-43
  Rule: A float with a whole value stays a float

    Scenario: On its way to the device
      Given "thermostat" subscribes to "$iothub/twin/PATCH/properties/desired/#"
      When the service requests PATCH "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"limits":{"high":40.0,"steps":[1.0,2]}}}} |
      Then the answer has:
        | text | /"high":40\.0,"steps":\[1\.0,2\]/ |
      And "thermostat" receives PUBLISH with:
        | text | /"high":40\.0,"steps":\[1\.0,2\]/ |

    Scenario: On its way from the device, beside a property that comes later
      Given "thermostat" subscribes to "$iothub/twin/res/#"
      When "thermostat" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1 |
        | payload | {"temperature":21.0}                           |
      Then "thermostat" receives PUBLISH with:
        | topic | $iothub/twin/res/204/?$rid=1&$version=2 |
      When "thermostat" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=2 |
        | payload | {"humidity":40}                                |
      Then "thermostat" receives PUBLISH with:
        | topic | $iothub/twin/res/204/?$rid=2&$version=3 |
      When the service requests GET "/twins/{thermostat}"
      Then the answer has:
        | text | /"temperature":21\.0,"humidity":40/ |

  @WIRE-TWIN-35 @WIRE-TWIN-36
  Rule: A write that names another etag is refused

    Scenario Outline: If-Match <etag>
      When the service requests PATCH "/twins/{thermostat}" with:
        | header if-match | <etag>                  |
        | body            | {"tags":{"site":"north"}} |
      Then the answer is <status>

      Examples:
        | etag             | status |
        | *                | 200    |
        | "*"              | 200    |
        | "AAAAAAAAAAE="   | 200    |
        | "AAAAAAAAAAk="   | 412    |

    Scenario Outline: The twin is as it was after a refused <verb>
      When the service requests PATCH "/twins/{thermostat}" with:
        | body | {"tags":{"site":"north"}} |
      And the service requests <verb> "/twins/{thermostat}" with:
        | header if-match | "AAAAAAAAAAE="                                                 |
        | body            | {"tags":{"site":"south"},"properties":{"desired":{"on":true}}} |
      Then the answer is 412
      When the service requests GET "/twins/{thermostat}"
      Then the answer has:
        | etag                  | AAAAAAAAAAI= |
        | tags.site             | north        |
        | properties.desired.on | absent       |

      Examples:
        | verb  |
        | PATCH |
        | PUT   |

    Scenario: What the device reports leaves the etag
      Given "thermostat" subscribes to "$iothub/twin/res/#"
      When "thermostat" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1 |
        | payload | {"hours":7}                                    |
      Then "thermostat" receives PUBLISH
      When the service requests PATCH "/twins/{thermostat}" with:
        | header if-match | "AAAAAAAAAAE="            |
        | body            | {"tags":{"site":"north"}} |
      Then the answer is 200
      And the answer has:
        | version | 4 |

  @WIRE-TWIN-37
  Rule: A back end sends a twin back as it was read: the hub ignores what only the hub or the device writes

    Scenario: Reported properties and read-only fields in a patch
      When the service requests PATCH "/twins/{thermostat}" with:
        | body | {"deviceId":"{thermostat}","version":99,"tags":{"a":1},"properties":{"desired":{"x":1,"$version":7},"reported":{"r":1}}} |
      Then the answer is 200
      And the answer has:
        | version                      | 3      |
        | tags.a                       | 1      |
        | properties.desired.x         | 1      |
        | properties.desired.$version  | 2      |
        | properties.reported.r        | absent |
        | properties.reported.$version | 1      |

  @WIRE-TWIN-39
  Rule: A replacement holds no null

    Scenario: A tag of null
      When the service requests PUT "/twins/{thermostat}" with:
        | body | {"tags":{"my-tag":null}} |
      Then the answer is 400 ArgumentInvalid

    Scenario: A desired property of null, and the twin is as it was
      Given the service requests PATCH "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"on":true}}} |
      When the service requests PUT "/twins/{thermostat}" with:
        | body | {"properties":{"desired":{"a":{"b":null}}}} |
      Then the answer is 400 ArgumentInvalid
      When the service requests GET "/twins/{thermostat}"
      Then the answer has:
        | properties.desired.on       | true |
        | properties.desired.$version | 2    |

  @WIRE-TWIN-40
  Rule: A write with a field that twins do not have is refused

    Scenario: Desired properties outside of properties
      When the service requests PATCH "/twins/{thermostat}" with:
        | body | {"tags":{"a":1},"desiredProperties":{}} |
      Then the answer is 400 GenericBadRequest

  @WIRE-TWIN-42
  Rule: Arrays came with a later api-version

    Scenario Outline: api-version <version> reports <patch>
      Given a registered identity "fan"
      And "fan" is online with:
        | user name | {host}/{fan}/?api-version=<version> |
      And "fan" subscribes to "$iothub/twin/res/#"
      When "fan" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1 |
        | payload | <patch>                                       |
      Then "fan" receives PUBLISH with:
        | topic | /^\$iothub\/twin\/res\/<status>\// |

      Examples:
        | version    | patch     | status |
        | 2018-06-30 | {"a":[1]} | 400    |
        | 2018-06-30 | {"a":1}   | 204    |
        | 2019-10-01 | {"a":[1]} | 204    |
