@sut:hub @wire
Feature: Configurations
  The hub is responsible for keeping configurations, and for applying content to the modules of a device.
  https://learn.microsoft.com/rest/api/iothub/service/configuration

  Background:
    Given a registered identity "lamp"

  @WIRE-CFG-01
  Rule: A configuration is created, read, updated and deleted

    @hub:alone
    Scenario: Its life
      When the service requests PUT "/configurations/{config}" with:
        | body id              | {config}                                                  |
        | body content         | {"deviceContent":{"properties.desired.light":{"on":true}}} |
        | body targetCondition | deviceId = '{lamp}'                                       |
        | body priority        | 10                                                        |
      Then the answer is 200
      And the answer has:
        | id              | {config}                    |
        | priority        | 10                          |
        | targetCondition | deviceId = '{lamp}'         |
        | etag            | MQ==                        |
        | header etag     | "MQ=="                      |
      When the service requests PUT "/configurations/{config}" with:
        | header if-match      | "{answer.etag}"                                           |
        | body id              | {config}                                                  |
        | body content         | {"deviceContent":{"properties.desired.light":{"on":true}}} |
        | body targetCondition | deviceId = '{lamp}'                                       |
        | body priority        | 20                                                        |
      Then the answer is 200
      When the service requests GET "/configurations/{config}"
      Then the answer has:
        | priority | 20   |
        | etag     | Mg== |
      When the service requests DELETE "/configurations/{config}"
      Then the answer is 204
      When the service requests GET "/configurations/{config}"
      Then the answer is 404

    @hub:alone
    Scenario: A stale etag
      When the service requests PUT "/configurations/{config}" with:
        | body id              | {config}                                                  |
        | body content         | {"deviceContent":{"properties.desired.light":{"on":true}}} |
        | body targetCondition |                                                           |
        | body priority        | 10                                                        |
      And the service requests PUT "/configurations/{config}" with:
        | header if-match | "OTk="                                                         |
        | body id         | {config}                                                       |
        | body content    | {"deviceContent":{"properties.desired.light":{"on":false}}}    |
        | body priority   | 30                                                             |
      Then the answer is 412

  @WIRE-CFG-02
  Rule: Content that is applied to a device replaces the desired properties of the modules that it names

    Scenario: One of two modules
      Given a registered identity "gateway" with:
        | capabilities.iotEdge | true |
      And a registered identity "gateway/bulb"
      And a registered identity "gateway/switch"
      When the service requests PATCH "/twins/{gateway}/modules/bulb" with:
        | body | {"properties":{"desired":{"old":1}}} |
      And the service requests PATCH "/twins/{gateway}/modules/switch" with:
        | body | {"properties":{"desired":{"old":1}}} |
      And the service requests POST "/devices/{gateway}/applyConfigurationContent" with:
        | body | {"modulesContent":{"bulb":{"properties.desired":{"on":true}}}} |
      Then the answer is 204
      When the service requests GET "/twins/{gateway}/modules/bulb"
      Then the answer has:
        | properties.desired.on  | true   |
        | properties.desired.old | absent |
      When the service requests GET "/twins/{gateway}/modules/switch"
      Then the answer has:
        | properties.desired.old | 1 |

  @WIRE-CFG-03
  Rule: The queries of a configuration can be tried

    Scenario Outline: <what>
      When the service requests POST "/configurations/testQueries" with:
        | body | {"targetCondition":"<condition>","customMetricQueries":{"all":"<query>"}} |
      Then the answer is 200
      And the answer has:
        | targetConditionError        | <first>  |
        | customMetricQueryErrors.all | <second> |

      Examples:
        | what              | condition  | query                                | first | second |
        | a bad condition   | tags.a ==  | SELECT deviceId FROM devices         | /./   | absent |
        | a bad metric      | tags.a = 1 | SELECT deviceId FROM nowhere         | empty | /./    |
