@sut:hub @wire
Feature: What was measured of writes
  The hub is responsible for a back end being told what the live one tells it, whatever it leaves out.
  https://learn.microsoft.com/rest/api/iothub/service

  Background:
    Given a registered identity "lamp"
    And a registered identity "lamp/bulb"

  @WIRE-REG-42
  Rule: An etag of the registry is read without quotation marks

    Scenario: The current one, and that of before
      When the service requests GET "/devices/{lamp}/modules/bulb"
      And the etag of the answer is remembered
      And the service requests PUT "/devices/{lamp}/modules/bulb" with:
        | header if-match | {answer.etag}                                              |
        | body            | {"deviceId":"{lamp}","moduleId":"bulb","managedBy":"test"} |
      Then the answer is 200
      When the service requests PUT "/devices/{lamp}/modules/bulb" with:
        | header if-match | MTIz                                                       |
        | body            | {"deviceId":"{lamp}","moduleId":"bulb","managedBy":"else"} |
      Then the answer is 412 PreconditionFailed

  @WIRE-REG-43
  Rule: Nothing of the registry is deleted without If-Match

    Scenario: A module, then its device
      When the service requests DELETE "/devices/{lamp}/modules/bulb"
      Then the answer is 412 PreconditionFailed
      When the service requests DELETE "/devices/{lamp}"
      Then the answer is 412 PreconditionFailed
      When the service requests GET "/devices/{lamp}/modules/bulb"
      Then the answer is 200

  @WIRE-REG-44
  Rule: An edge device has the scope of its creation

    Scenario: An update that leaves it out
      Given a registered identity "gateway" with:
        | capabilities.iotEdge | true |
      When the service requests PUT "/devices/{gateway}" with:
        | header if-match | *                                                        |
        | body            | {"deviceId":"{gateway}","capabilities":{"iotEdge":true}} |
      Then the answer is 400
      And the answer has:
        | Message | /Device scope is immutable/ |

    Scenario: A device that becomes an edge device
      When the service requests PUT "/devices/{lamp}" with:
        | header if-match | *                                                     |
        | body            | {"deviceId":"{lamp}","capabilities":{"iotEdge":true}} |
      Then the answer is 200
      And the answer has:
        | deviceScope | ms-azure-iot-edge://{lamp}- |

  @WIRE-REG-45
  Rule: A policy reads and writes modules of devices that exist and are enabled

    Scenario Outline: <verb> a module of a disabled device
      When the service requests PUT "/devices/{lamp}" with:
        | header if-match | *                                         |
        | body            | {"deviceId":"{lamp}","status":"disabled"} |
      Then the answer is 200
      When the service requests <verb> "/devices/{lamp}/modules/bulb" with:
        | header if-match | *                                      |
        | body            | {"deviceId":"{lamp}","moduleId":"bulb"} |
      Then the answer is 401 IotHubUnauthorizedAccess
      When the service requests GET "/twins/{lamp}/modules/bulb"
      Then the answer is 200

      Examples:
        | verb   |
        | GET    |
        | PUT    |
        | DELETE |

    Scenario: A module of no device
      When the service requests GET "/devices/{lamp}-unknown/modules/bulb"
      Then the answer is 401 IotHubUnauthorizedAccess

  @WIRE-REG-46
  Rule: An identity has credentials that it can use

    Scenario Outline: <what>
      When the service requests PUT "/devices/{lamp}" with:
        | header if-match | *                                                          |
        | body            | {"deviceId":"{lamp}","authentication":<authentication>} |
      Then the answer is 400 ArgumentInvalid

      Examples:
        | what                      | authentication                                                                                                              |
        | one key of two            | {"type":"sas","symmetricKey":{"primaryKey":"AAAAAAAAAAAAAAAAAAAAAA=="}}                                                     |
        | a thumbprint with colons  | {"type":"selfSigned","x509Thumbprint":{"primaryThumbprint":"AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA"}} |
        | nothing to prove itself   | {"type":"none"}                                                                                                             |

    Scenario: A module without keys has some
      When the service requests PUT "/devices/{lamp}/modules/switch" with:
        | body | {"deviceId":"{lamp}","moduleId":"switch","authentication":{"type":"none"}} |
      Then the answer is 200
      And the answer has:
        | authentication.type | sas |

  @WIRE-REG-41
  Rule: The registry does not read a body without a content type

    Scenario: An update
      When the service requests PUT "/devices/{lamp}" with:
        | header if-match     | *                     |
        | header content-type | empty                 |
        | body                | {"deviceId":"{lamp}"} |
      Then the answer is 500 ServerError

  @WIRE-HTTP-16
  Rule: The slashes of a path may be encoded

    Scenario: The twin of a module
      When the service requests GET "/twins%2F{lamp}%2Fmodules%2Fbulb"
      Then the answer is 200
      And the answer has:
        | moduleId | bulb |

  @WIRE-TWIN-44
  Rule: The twin of a module that is not there is that of no device

    Scenario Outline: <verb>
      When the service requests <verb> "/twins/{lamp}/modules/unknown" with:
        | body | {"tags":{"a":1}} |
      Then the answer is 404 DeviceNotFound

      Examples:
        | verb  |
        | PATCH |
        | PUT   |

  @WIRE-METH-25
  Rule: A call waits for its device while it lasts

    Scenario: A longer wait
      When the service requests POST "/twins/{lamp}/methods" with:
        | body | {"methodName":"x","connectTimeoutInSeconds":20,"responseTimeoutInSeconds":10} |
      Then the answer is 400
      And the answer has:
        | Message | /cannot be longer than an overall call timeout/ |

  @WIRE-JOB-12
  Rule: The id of a job is in lower case

    Scenario: One that is not
      When the service requests PUT "/jobs/v2/Conformance_Job" with:
        | body | {"jobId":"Conformance_Job","type":"scheduleUpdateTwin","queryCondition":"deviceId = '{lamp}'","updateTwin":{"etag":"*","tags":{"a":1}}} |
      Then the answer is 400 ArgumentInvalid

  @WIRE-JOB-13
  Rule: A job starts within a week

    Scenario: Later
      When the service requests PUT "/jobs/v2/conformance-late" with:
        | body | {"jobId":"conformance-late","type":"scheduleUpdateTwin","queryCondition":"deviceId = '{lamp}'","startTime":"2099-01-01T00:00:00Z","updateTwin":{"etag":"*","tags":{"a":1}}} |
      Then the answer is 400 ArgumentInvalid

  @WIRE-ERR-11
  Rule: What the service of jobs says stands within the text of the route

    Scenario: A twin without an etag
      When the service requests PUT "/jobs/v2/conformance-etag" with:
        | body | {"jobId":"conformance-etag","type":"scheduleUpdateTwin","queryCondition":"deviceId = '{lamp}'","updateTwin":{"tags":{"a":1}}} |
      Then the answer is 400 ArgumentInvalid
      And the answer has:
        | Message | /^ErrorCode:ArgumentInvalid;Error: BadRequest \{"Message":"ErrorCode:ArgumentInvalid;Missing or invalid etag for job type ScheduleUpdateTwin\./ |

  @WIRE-CFG-08
  Rule: The content of a configuration stays

    @hub:alone
    Scenario: An update with another, and one without
      When the service requests PUT "/configurations/{config}" with:
        | body id      | {config}                                          |
        | body content | {"deviceContent":{"properties.desired.level":1}} |
      And the service requests PUT "/configurations/{config}" with:
        | header if-match | *                                                |
        | body id         | {config}                                         |
        | body content    | {"deviceContent":{"properties.desired.level":2}} |
        | body priority   | 7                                                |
      Then the answer is 200
      And the answer has:
        | priority | 7                                                                  |
        | text     | /"deviceContent":\{"properties\.desired\.level":1\}/ |
      When the service requests PUT "/configurations/{config}" with:
        | header if-match | *        |
        | body id         | {config} |
        | body priority   | 8        |
      Then the answer is 400 InvalidConfigurationContent

  @WIRE-CFG-09
  Rule: A deployment is about the runtime

    Scenario Outline: <what>
      When the service requests PUT "/configurations/{config}" with:
        | body id      | {config}  |
        | body content | <content> |
      Then the answer is 400 InvalidConfigurationContent

      Examples:
        | what                         | content                                                                                                             |
        | the hub without the agent    | {"modulesContent":{"$edgeHub":{"properties.desired.routes.all":"FROM /* INTO $upstream"}}}                          |
        | content for devices beside it | {"modulesContent":{"$edgeAgent":{}},"deviceContent":{"properties.desired.level":1}} |

  @WIRE-CFG-07
  Rule: Layers are merged over a whole deployment

    @hub:alone
    Scenario: A layer with a higher priority
      Given a registered identity "gateway" with:
        | capabilities.iotEdge | true |
      When the service requests PATCH "/twins/{gateway}" with:
        | body | {"tags":{"layers":"yes"}} |
      And the service requests PUT "/configurations/{config}" with:
        | body id              | {config}                                                                                                                                                    |
        | body content         | {"modulesContent":{"$edgeAgent":{"properties.desired":{"modules":{"one":{}}}},"one":{"properties.desired":{"a":1,"b":1}}}} |
        | body targetCondition | tags.layers = 'yes'                                                                                                                                         |
        | body priority        | 2                                                                                                                                                           |
      And the service requests PUT "/configurations/{config}-layer" with:
        | body id              | {config}-layer                                                                                                                     |
        | body content         | {"modulesContent":{"$edgeAgent":{"properties.desired.modules.two":{}},"one":{"properties.desired.b":2}}} |
        | body targetCondition | tags.layers = 'yes'                                                                                                                |
        | body priority        | 3                                                                                                                                  |
      Then the answer is 200
      When 30 seconds pass at the hub
      And the service requests GET "/twins/{gateway}/modules/one"
      Then the answer has:
        | properties.desired.a | 1 |
        | properties.desired.b | 2 |
      When the service requests DELETE "/configurations/{config}-layer" with:
        | header if-match | * |
      Then the answer is 204
