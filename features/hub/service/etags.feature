@sut:hub @wire
Feature: Etags
  The hub is responsible for a write that names another etag changing nothing, whatever it writes.
  https://learn.microsoft.com/rest/api/iothub/service/devices

  Background:
    Given a registered identity "lamp"
    And a registered identity "lamp/bulb"

  @WIRE-REG-05 @WIRE-REG-12
  Rule: A module is neither updated nor deleted with a stale etag

    Scenario Outline: <verb>
      When the service requests <verb> "/devices/{lamp}/modules/bulb" with:
        | header if-match | "MTIz"                                                     |
        | body            | {"deviceId":"{lamp}","moduleId":"bulb","managedBy":"test"} |
      Then the answer is 412 PreconditionFailed
      When the service requests GET "/devices/{lamp}/modules/bulb"
      Then the answer is 200
      And the answer has:
        | managedBy | empty |

      Examples:
        | verb   |
        | PUT    |
        | DELETE |

    Scenario: The etag of before an update
      When the service requests GET "/devices/{lamp}/modules/bulb"
      And the etag of the answer is remembered
      And the service requests PUT "/devices/{lamp}/modules/bulb" with:
        | header if-match | "{answer.etag}"                                            |
        | body            | {"deviceId":"{lamp}","moduleId":"bulb","managedBy":"test"} |
      Then the answer is 200
      And the etag of the answer is another
      When the service requests DELETE "/devices/{lamp}/modules/bulb" with:
        | header if-match | "{answer.etag}" |
      Then the answer is 204
      When the service requests GET "/devices/{lamp}/modules/bulb"
      Then the answer is 404

  @WIRE-TWIN-36
  Rule: The twin of a module is not written with a stale etag

    Scenario Outline: <verb>
      When the service requests <verb> "/twins/{lamp}/modules/bulb" with:
        | header if-match | "AAAAAAAAAAk="                                       |
        | body            | {"tags":{"a":1},"properties":{"desired":{"on":true}}} |
      Then the answer is 412
      When the service requests GET "/twins/{lamp}/modules/bulb"
      Then the answer has:
        | tags                        | absent |
        | properties.desired.on       | absent |
        | properties.desired.$version | 1      |

      Examples:
        | verb  |
        | PATCH |
        | PUT   |

  @WIRE-CFG-01
  Rule: A configuration is neither updated nor deleted with a stale etag

    @hub:alone
    Scenario: Both
      When the service requests PUT "/configurations/{config}" with:
        | body id       | {config}                                                   |
        | body content  | {"deviceContent":{"properties.desired.light":{"on":true}}} |
        | body priority | 10                                                         |
      Then the answer is 200
      When the service requests DELETE "/configurations/{config}" with:
        | header if-match | "OTk=" |
      Then the answer is 412
      When the service requests PUT "/configurations/{config}" with:
        | header if-match | "OTk="                                                      |
        | body id         | {config}                                                    |
        | body content    | {"deviceContent":{"properties.desired.light":{"on":false}}} |
        | body priority   | 30                                                          |
      Then the answer is 412
      When the service requests GET "/configurations/{config}"
      Then the answer has:
        | priority | 10   |
        | etag     | MQ== |
      When the service requests DELETE "/configurations/{config}" with:
        | header if-match | "MQ==" |
      Then the answer is 204
