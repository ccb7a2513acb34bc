@sut:hub @wire
Feature: The service's REST API
  The hub is responsible for the identities that back ends create, change and delete, and for refusals that SDKs can
  read.
  https://learn.microsoft.com/rest/api/iothub/service/devices

  Background:
    Given a registered identity "thermostat"

  @WIRE-ERR-01 @WIRE-ERR-03
  Rule: The registry, twins, queries and jobs refuse with the name of the error in Message, at every api-version

    Scenario Outline: <verb> <path> at <api-version>
      When the service requests <verb> "<path>?api-version=<api-version>" with:
        | body query | nothing |
      Then the answer is <status> <error>
      And the answer has:
        | Message          | /^ErrorCode:<error>;./                       |
        | ExceptionMessage | /^Tracking ID:[0-9a-f]{32}(-G:\d+)?-TimeStamp:/ |

      Examples:
        | verb | path                             | api-version | status | error           |
        | GET  | /devices/{thermostat}-unknown    | 2016-11-14  | 404    | DeviceNotFound  |
        | GET  | /devices/{thermostat}-unknown    | 2018-06-30  | 404    | DeviceNotFound  |
        | GET  | /devices/{thermostat}-unknown    | 2021-04-12  | 404    | DeviceNotFound  |
        | GET  | /devices/{thermostat}/modules/no | 2021-04-12  | 404    | ModuleNotFound  |
        | GET  | /twins/{thermostat}-unknown      | 2021-04-12  | 404    | DeviceNotFound  |
        | POST | /devices/query                   | 2021-04-12  | 400    | ArgumentInvalid |
        | POST | /jobs/v2/{thermostat}/cancel     | 2021-04-12  | 404    | JobNotFound     |

  @WIRE-ERR-02
  Rule: Methods refuse with JSON in Message

    Scenario: A device that is not connected
      When the service requests POST "/twins/{thermostat}/methods?api-version=2021-04-12" with:
        | body methodName | reboot |
      Then the answer is 404 DeviceNotOnline
      And the answer has:
        | Message | /^\{"errorCode":404103,/ |

  @WIRE-ERR-05
  Rule: A token of an unknown identity is refused on every route, with the same text but for methods

    Scenario Outline: <verb> <path>
      When the service requests <verb> "<path>" with:
        | header authorization | SharedAccessSignature sr={host}&sig=c2ln&se={now+60}&skn=nobody |
        | body                 | {}                                                              |
      Then the answer is 401 IotHubUnauthorizedAccess
      And the answer has:
        | Message | ErrorCode:IotHubUnauthorizedAccess;Unauthorized |

      Examples:
        | verb  | path                        |
        | GET   | /devices/{thermostat}       |
        | PATCH | /twins/{thermostat}         |
        | POST  | /devices/{thermostat}/files |

    Scenario: A method says it as a number
      When the service requests POST "/twins/{thermostat}/methods" with:
        | header authorization | SharedAccessSignature sr={host}&sig=c2ln&se={now+60}&skn=nobody |
        | body                 | {}                                                              |
      Then the answer is 401 IotHubUnauthorizedAccess
      And the answer has:
        | Message | /^\{"errorCode":401002,/ |

  @WIRE-ERR-09
  Rule: Each kind of body that cannot be read has its own code

    Scenario Outline: <verb> <path> with <body>
      When the service requests <verb> "<path>" with:
        | body | <body> |
      Then the answer is 400 <error>

      Examples:
        | verb  | path                  | body                                              | error             |
        | PATCH | /twins/{thermostat}   | null                                              | ArgumentNull      |
        | PATCH | /twins/{thermostat}   | {"tags":                                          | IotHubFormatError |
        | PATCH | /twins/{thermostat}   | []                                                | GenericBadRequest |
        | PATCH | /twins/{thermostat}   | {"tags":7}                                        | ArgumentInvalid   |
        | POST  | /devices/query        | {}                                                | ArgumentNull      |
        | PUT   | /jobs/v2/{thermostat} | {"type":"scheduleTwinUpdate","queryCondition":"*"} | GenericBadRequest |

  @WIRE-HTTP-11
  Rule: Every answer names its request

    Scenario: A refusal
      When the service requests GET "/devices/{thermostat}-unknown"
      Then the answer has:
        | header server          | Microsoft-HTTPAPI/2.0                                |
        | header vary            | Origin                                               |
        | header x-ms-request-id | /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/        |

  @WIRE-HTTP-12
  Rule: A POST with X-HTTP-Method-Override: PATCH is a PATCH

    Scenario: A twin
      When the service requests POST "/twins/{thermostat}" with:
        | header x-http-method-override | PATCH                     |
        | body                          | {"tags":{"site":"north"}} |
      Then the answer is 200
      And the answer has:
        | tags.site | north |

  @WIRE-HTTP-13
  Rule: Names of enumerations are read in any case, numbers also as text

    Scenario: The status of a device
      When the service requests PUT "/devices/{thermostat}" with:
        | header if-match | *            |
        | body deviceId   | {thermostat} |
        | body status     | Disabled     |
      Then the answer is 200
      And the answer has:
        | status | disabled |

    Scenario: The time-out of a method
      When the service requests POST "/twins/{thermostat}/methods" with:
        | body | {"methodName":"reboot","responseTimeoutInSeconds":"30"} |
      Then the answer is 404 DeviceNotOnline

  @WIRE-REG-23
  Rule: If-Match with an empty etag creates, with * or an etag in quotes it updates

    Scenario: A module
      When the service requests PUT "/devices/{thermostat}/modules/m" with:
        | header if-match | ""                                          |
        | body            | {"deviceId":"{thermostat}","moduleId":"m"} |
      Then the answer is 200
      When the service requests PUT "/devices/{thermostat}/modules/m" with:
        | header if-match | "{answer.etag}"                             |
        | body            | {"deviceId":"{thermostat}","moduleId":"m"} |
      Then the answer is 200

    Scenario Outline: A device that exists, and If-Match <header>
      When the service requests PUT "/devices/{thermostat}" with:
        | header if-match | <header>                    |
        | body            | {"deviceId":"{thermostat}"} |
      Then the answer is <status>

      Examples:
        | header | status |
        | ""     | 409    |
        | *      | 200    |
        | "*"    | 200    |
        | "MQ==" | 412    |

  @WIRE-REG-21
  Rule: In bulk, a mode IfMatchETag without an etag means any

    Scenario Outline: <mode>
      When the service requests POST "/devices" with:
        | body | [{"id":"{thermostat}","importMode":"<mode>","tags":{"a":1}}] |
      Then the answer is 200
      And the answer has:
        | isSuccessful | true |

      Examples:
        | mode                  |
        | updateIfMatchETag     |
        | updateTwinIfMatchETag |
        | deleteIfMatchETag     |

  @WIRE-REG-26
  Rule: In bulk, createOrUpdate changes a device that exists

    Scenario: The status of a device
      When the service requests POST "/devices" with:
        | body | [{"id":"{thermostat}","importMode":"createOrUpdate","status":"disabled"}] |
      Then the answer is 200
      When the service requests GET "/devices/{thermostat}"
      Then the answer has:
        | status | disabled |

  @WIRE-REG-24
  Rule: A twin that comes with a bulk creation begins with it

    Scenario: Tags and desired properties of a module
      When the service requests POST "/devices" with:
        | body | [{"id":"{thermostat}","moduleId":"m","importMode":"create","tags":{"a":1},"properties":{"desired":{"b":2}}}] |
      Then the answer is 200
      When the service requests GET "/twins/{thermostat}/modules/m"
      Then the answer has:
        | etag                        | AAAAAAAAAAE= |
        | version                     | 2            |
        | tags                        | {"a":1}      |
        | properties.desired.b        | 2            |
        | properties.desired.$version | 1            |

  @WIRE-REG-20
  Rule: Times that are not set end in Z but in the answer to a creation

    Scenario: A module
      When the service requests PUT "/devices/{thermostat}/modules/m" with:
        | body | {"deviceId":"{thermostat}","moduleId":"m"} |
      Then the answer has:
        | lastActivityTime | 0001-01-01T00:00:00 |
        | managedBy        | null                |
        | header etag      | absent              |
      When the service requests GET "/devices/{thermostat}/modules/m"
      Then the answer has:
        | lastActivityTime | 0001-01-01T00:00:00Z |
        | header etag      | absent               |

  @WIRE-REG-27
  Rule: A new twin has no tags, no ETag header, and a model id only from the api-versions of plug and play on

    Scenario Outline: At <api-version>
      When the service requests GET "/twins/{thermostat}?api-version=<api-version>"
      Then the answer has:
        | header etag | absent    |
        | tags        | absent    |
        | modelId     | <modelId> |

      Examples:
        | api-version | modelId |
        | 2020-03-13  | absent  |
        | 2021-04-12  | empty   |

  @WIRE-REG-22
  Rule: From 2024-03-31 on the hub makes new keys

    Scenario: One key of a device
      When the service requests POST "/devices/keys/regenerate?api-version=2024-03-31" with:
        | body | {"policyKey":"primaryKey","devices":[{"id":"{thermostat}"}]} |
      Then the answer is 200
      And the answer has:
        | rotatedKeys.0.id         | {thermostat} |
        | rotatedKeys.0.primaryKey | /=$/         |
        | errors.length            | 0            |
      When "thermostat" connects
      Then "thermostat" is refused with return code 5

    Scenario: Nobody
      When the service requests POST "/devices/keys/regenerate?api-version=2024-03-31" with:
        | body | {"policyKey":"both","devices":[{"id":"{thermostat}-unknown"}]} |
      Then the answer is 400
      And the answer has:
        | errors.0.errorCode | DeviceNotFound |

    Scenario: The key that was not renewed is not shown
      When the service requests POST "/devices/keys/regenerate?api-version=2024-03-31" with:
        | body | {"policyKey":"secondaryKey","devices":[{"id":"{thermostat}"}]} |
      Then the answer has:
        | rotatedKeys.0.primaryKey   | null |
        | rotatedKeys.0.secondaryKey | /=$/ |

  @WIRE-REG-28
  Rule: An update is the whole identity: what it leaves out is reset, and without keys the device gets new ones

    Scenario: Empty keys
      When the service requests PUT "/devices/{thermostat}" with:
        | header if-match | *                                                                                                                            |
        | body            | {"deviceId":"{thermostat}","authentication":{"type":"sas","symmetricKey":{"primaryKey":"","secondaryKey":""}}} |
      Then the answer is 200
      And the answer has:
        | authentication.symmetricKey.primaryKey | /=$/ |
      When "thermostat" connects
      Then "thermostat" is refused with return code 5

    Scenario: Status and reason
      When the service requests PUT "/devices/{thermostat}" with:
        | header if-match | *                                                                     |
        | body            | {"deviceId":"{thermostat}","status":"disabled","statusReason":"why"} |
      Then the answer has:
        | statusReason | why |
      When the service requests PUT "/devices/{thermostat}" with:
        | header if-match | *                           |
        | body            | {"deviceId":"{thermostat}"} |
      Then the answer has:
        | status       | enabled |
        | statusReason | null    |

  @WIRE-REG-29
  Rule: The modules of the IoT Edge runtime are in no bulk request

    Scenario Outline: <module> in mode <mode>
      When the service requests PUT "/devices/{thermostat}" with:
        | header if-match | *                                                              |
        | body            | {"deviceId":"{thermostat}","capabilities":{"iotEdge":true}} |
      Then the answer is 200
      When the service requests POST "/devices" with:
        | body | [{"id":"{thermostat}","moduleId":"<module>","importMode":"<mode>","tags":{"a":1}}] |
      Then the answer is 400
      And the answer has:
        | errors.0.moduleId  | <module> |
        | errors.0.errorCode | 401100   |

      Examples:
        | module     | mode           |
        | $edgeAgent | createOrUpdate |
        | $edgeHub   | updateTwin     |

  @WIRE-REG-40
  Rule: A dollar sign in front of a module id belongs to the IoT Edge runtime

    Scenario: Inside an id it is an ordinary character
      When the service requests PUT "/devices/{thermostat}/modules/special$module" with:
        | body | {"deviceId":"{thermostat}","moduleId":"special$module"} |
      Then the answer is 200
      When the service requests PUT "/devices/{thermostat}/modules/$special" with:
        | body | {"deviceId":"{thermostat}","moduleId":"$special"} |
      Then the answer is 400 ArgumentInvalid

  @WIRE-CFG-04
  Rule: Content for one device is the deployment of an edge device

    Scenario: Content for devices alone
      When the service requests POST "/devices/{thermostat}/applyConfigurationContent" with:
        | body | {"deviceContent":{"properties.desired.level":1}} |
      Then the answer is 400 InvalidConfigurationContent

    Scenario: Modules that the next deployment does not list
      When the service requests PUT "/devices/{thermostat}" with:
        | header if-match | *                                                              |
        | body            | {"deviceId":"{thermostat}","capabilities":{"iotEdge":true}} |
      And the service requests POST "/devices/{thermostat}/applyConfigurationContent" with:
        | body | {"modulesContent":{"$edgeAgent":{"properties.desired":{"modules":{"old":{}}}}}} |
      And the service requests GET "/devices/{thermostat}/modules/old"
      Then the answer has:
        | authentication.type | none |
      When the service requests POST "/devices/{thermostat}/applyConfigurationContent" with:
        | body | {"modulesContent":{"$edgeAgent":{"properties.desired":{"modules":{"new":{}}}}}} |
      Then the answer is 204
      When the service requests GET "/devices/{thermostat}/modules/old"
      Then the answer is 404 ModuleNotFound
      When the service requests GET "/devices/{thermostat}/modules/new"
      Then the answer is 200

  @WIRE-CFG-05 @WIRE-CFG-06
  Rule: A new configuration has what was given, and no results yet

    Scenario: Nothing but content and metrics
      When the service requests PUT "/configurations/conformance-new" with:
        | body | {"content":{"deviceContent":{"properties.desired.level":1}},"metrics":{"queries":{"every":"select *"}}} |
      Then the answer is 200
      And the answer has:
        | schemaVersion         | null     |
        | labels                | null     |
        | systemMetrics.results | {}       |
        | metrics.results       | {}       |
        | metrics.queries.every | select * |
      When the service requests DELETE "/configurations/conformance-new" with:
        | header if-match | * |
      Then the answer is 204

  @WIRE-REG-90
  Rule: The modules of the IoT Edge runtime share the generation of their device

    Scenario Outline: Its <what>, at the creation
      When the service requests PUT "/devices/{gateway}" with:
        | body | {"deviceId":"{gateway}","capabilities":{"iotEdge":true}} |
      And the <what> of the answer is remembered
      And the service requests GET "/devices/{gateway}/modules/$edgeHub"
      Then the <what> of the answer is the same
      When the service requests GET "/devices/{gateway}/modules/$edgeAgent"
      Then the <what> of the answer is the same

      Examples:
        | what         |
        | etag         |
        | generationId |

    Scenario: A device that becomes an edge device
      When the service requests PUT "/devices/{thermostat}" with:
        | header if-match | *                                                              |
        | body            | {"deviceId":"{thermostat}","capabilities":{"iotEdge":true}} |
      And the generationId of the answer is remembered
      And the service requests GET "/devices/{thermostat}/modules/$edgeHub"
      Then the generationId of the answer is the same
