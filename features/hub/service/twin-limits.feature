@sut:hub @wire
Feature: Limits of twins, wherever a value stands
  The hub is responsible for its limits holding in every section, at every depth, and for what a write results in.
  https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-device-twins

  Background:
    Given a registered identity "lamp"

  @WIRE-TWIN-28
  Rule: A number is within its bounds wherever it stands

    Scenario Outline: <what> in <section>
      When the service requests <verb> "/twins/{lamp}" with:
        | body | <body> |
      Then the answer is <status>

      Examples: the first number beyond
        | what            | section            | verb  | status | body                                                              |
        | in an array     | desired properties | PATCH | 400    | {"properties":{"desired":{"a":[1,4503599627370496]}}}             |
        | in an object    | desired properties | PATCH | 400    | {"properties":{"desired":{"a":{"b":4503599627370496}}}}           |
        | in both         | desired properties | PUT   | 400    | {"properties":{"desired":{"a":[{"b":[-4503599627370497]}]}}}      |
        | in an array     | tags               | PATCH | 400    | {"tags":{"a":[4503599627370496]}}                                 |
        | in an object    | tags               | PUT   | 400    | {"tags":{"a":{"b":4503599627370496}}}                             |

      Examples: the last number within
        | what            | section            | verb  | status | body                                                              |
        | in an array     | desired properties | PATCH | 200    | {"properties":{"desired":{"a":[1,4503599627370495]}}}             |
        | in both         | desired properties | PUT   | 200    | {"properties":{"desired":{"a":[{"b":[-4503599627370496]}]}}}      |
        | in an object    | tags               | PUT   | 200    | {"tags":{"a":{"b":4503599627370495}}}                             |

  @WIRE-TWIN-26 @WIRE-TWIN-27
  Rule: Names and texts are within their bounds wherever they stand

    Scenario Outline: <what>
      When the service requests PATCH "/twins/{lamp}" with:
        | body | <body> |
      Then the answer is <status>

      Examples:
        | what                                | status | body                                                      |
        | a long text in an array             | 400    | {"properties":{"desired":{"a":["{x*4097}"]}}}             |
        | the longest text in an array        | 200    | {"properties":{"desired":{"a":["{x*4096}"]}}}             |
        | a long text in an object            | 400    | {"tags":{"a":{"b":"{x*4097}"}}}                           |
        | the longest text in an object       | 200    | {"tags":{"a":{"b":"{x*4096}"}}}                           |
        | a long name in an object            | 400    | {"tags":{"a":{"{x*1025}":1}}}                             |
        | the longest name in an object       | 200    | {"tags":{"a":{"{x*1024}":1}}}                             |
        | a bad name in an object of an array | 400    | {"properties":{"desired":{"a":[{"b.c":1}]}}}              |
        | a good one in an object of an array | 200    | {"properties":{"desired":{"a":[{"bc":1}]}}}               |
        | a bad name of what is removed       | 400    | {"properties":{"desired":{"a.b":null}}}                   |

  @WIRE-TWIN-12 @WIRE-TWIN-27 @WIRE-TWIN-28
  Rule: A device is bound by the same limits

    Scenario Outline: <what>
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/twin/res/#"
      When "lamp" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1 |
        | payload | <patch>                                        |
      Then "lamp" receives PUBLISH with:
        | topic | /^\$iothub\/twin\/res\/<status>\/\?\$rid=1/ |

      Examples:
        | what                        | status | patch                         |
        | a large number              | 400    | {"a":4503599627370496}        |
        | a large number in an array  | 400    | {"a":[4503599627370496]}      |
        | the largest number          | 204    | {"a":[4503599627370495]}      |
        | a long text                 | 400    | {"a":"{x*4097}"}              |
        | the longest text            | 204    | {"a":{"b":["{x*4096}"]}}      |

  @WIRE-TWIN-25 @WIRE-TWIN-30
  Rule: The size is that of the section after the write

    Scenario: Tags that grow patch by patch
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"tags":{"a":"{x*4095}"}} |
      Then the answer is 200
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"tags":{"b":"{x*4096}"}} |
      Then the answer is 403
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"tags":{"a":null,"b":"{x*4096}"}} |
      Then the answer is 200
      When the service requests GET "/twins/{lamp}"
      Then the answer has:
        | tags.a | absent |
        | tags.b | /^x+$/ |

    Scenario: Desired properties that grow patch by patch
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"a":"{x*4095}","b":"{x*4095}","c":"{x*4095}","d":"{x*4095}"}}} |
      Then the answer is 200
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"e":"{x*4095}","f":"{x*4095}","g":"{x*4095}","h":"{x*4096}"}}} |
      Then the answer is 403
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"e":"{x*4095}","f":"{x*4095}","g":"{x*4095}","h":"{x*4095}"}}} |
      Then the answer is 200
      And the answer has:
        | properties.desired.$version | 3 |

    Scenario: Reported properties that grow patch by patch
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/twin/res/#"
      When "lamp" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=1                       |
        | payload | {"a":"{x*4095}","b":"{x*4095}","c":"{x*4095}","d":"{x*4095}"}        |
      Then "lamp" receives PUBLISH with:
        | topic | /^\$iothub\/twin\/res\/204\/\?\$rid=1/ |
      When "lamp" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=2                       |
        | payload | {"e":"{x*4095}","f":"{x*4095}","g":"{x*4095}","h":"{x*4096}"}        |
      Then "lamp" receives PUBLISH with:
        | topic | /^\$iothub\/twin\/res\/403\/\?\$rid=2/ |
      When "lamp" sends PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/reported/?$rid=3                       |
        | payload | {"a":null,"e":"{x*4095}","f":"{x*4095}","g":"{x*4095}","h":"{x*4096}"} |
      Then "lamp" receives PUBLISH with:
        | topic | /^\$iothub\/twin\/res\/204\/\?\$rid=3&\$version=3/ |

  @WIRE-TWIN-24
  Rule: An array holds no null

    Scenario Outline: <what>
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"a":<array>}}} |
      Then the answer is <status>

      Examples:
        | what                    | status | array       |
        | null                    | 400    | [1,null]    |
        | null in an inner array  | 400    | [[null]]    |
        | null in an object       | 400    | [{"b":null}] |
        | no null                 | 200    | [[1],{"b":2},"c"] |

  @WIRE-TWIN-18
  Rule: A device is told of every patch that names a value, the same one too

    Scenario: Three times the same
      Given "lamp" is online
      And "lamp" subscribes to "$iothub/twin/PATCH/properties/desired/#"
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"on":true,"light":{"level":3}}}} |
      Then "lamp" receives PUBLISH with:
        | payload | {"on":true,"light":{"level":3},"$version":2} |
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"on":true}}} |
      Then "lamp" receives PUBLISH with:
        | topic   | $iothub/twin/PATCH/properties/desired/?$version=3 |
        | payload | {"on":true,"$version":3}                          |
      When the service requests PATCH "/twins/{lamp}" with:
        | body | {"properties":{"desired":{"light":{"level":3}}}} |
      Then "lamp" receives PUBLISH with:
        | payload | {"light":{"level":3},"$version":4} |
