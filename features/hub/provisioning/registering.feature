@sut:hub @wire
Feature: Registering
  The service is responsible for telling a device its hub, in the form that the SDKs read.
  https://learn.microsoft.com/azure/iot/iot-mqtt-connect-to-iot-dps

  Background:
    Given an enrollment "thermostat"
    And "thermostat" listens to the provisioning service

  @DPS-REG-01 @DPS-REG-02
  Rule: A registration is accepted with the id of its operation

    Scenario: As documented
      When "thermostat" sends PUBLISH with:
        | topic   | $dps/registrations/PUT/iotdps-register/?$rid=7 |
        | payload | {"registrationId":"{thermostat}"}              |
      Then "thermostat" receives PUBLISH with:
        | topic               | /^\$dps\/registrations\/res\/202\/\?\$rid=7&retry-after=\d+$/ |
        | payload.operationId | /^.+$/                                                        |
        | payload.status      | assigning                                                     |

  @DPS-REG-03
  Rule: The service asks for three seconds

    Scenario: By default
      When "thermostat" registers
      Then the registration is answered with:
        | retry-after | 3 |

  @DPS-REG-04
  Rule: The request id comes first in the topic of an answer, and no other dollar sign follows

    Scenario: A registration and a poll
      When "thermostat" registers
      Then the registration is answered with:
        | topic | /^\$dps\/registrations\/res\/\d{3}\/\?\$rid=[^&$]*(&retry-after=\d+)?$/ |
      When "thermostat" is provisioned
      Then the registration is answered with:
        | topic | /^\$dps\/registrations\/res\/200\/\?\$rid=[^&$]*$/ |

  @DPS-REG-05
  Rule: A request id is echoed as it is, and may be used again

    Scenario: azure-sdk-for-c always sends 1
      When "thermostat" sends PUBLISH with:
        | topic | $dps/registrations/PUT/iotdps-register/?$rid=1 |
      Then "thermostat" receives PUBLISH with:
        | topic | /\?\$rid=1&/ |
      When "thermostat" sends PUBLISH with:
        | topic | $dps/registrations/PUT/iotdps-register/?$rid=1 |
      Then "thermostat" receives PUBLISH with:
        | topic | /\?\$rid=1&/ |

    Scenario: An encoded one
      When "thermostat" sends PUBLISH with:
        | topic | $dps/registrations/PUT/iotdps-register/?$rid=%7Ba%2Fb%7D |
      Then "thermostat" receives PUBLISH with:
        | topic | /\?\$rid=%7Ba%2Fb%7D&/ |

  @DPS-REG-06
  Rule: A request at QoS 1 is acknowledged before its answer

    Scenario: The first packet after the request
      When "thermostat" sends PUBLISH with:
        | topic | $dps/registrations/PUT/iotdps-register/?$rid=1 |
        | id    | 77                                             |
      Then "thermostat" receives PUBACK before PUBLISH

  @DPS-REG-07
  Rule: A request at QoS 0 is served

    Scenario: Without an acknowledgement
      When "thermostat" registers at QoS 0
      Then the registration is answered with:
        | answer | 202 |
      And "thermostat" receives no PUBACK

  @DPS-REG-08 @DPS-REG-09
  Rule: Body and registration id may be left out

    Scenario Outline: <body>
      When "thermostat" registers with the body "<body>"
      Then the registration is answered with:
        | answer | 202 |

      Examples:
        | body                                             |
        |                                                  |
        | {"payload":{}}                                   |
        | {"payload":null,"registrationId":"{thermostat}"} |

  @DPS-REG-11
  Rule: The body names no other registration

    Scenario: Another id
      When "thermostat" registers with the body "{"registrationId":"somebody-else"}"
      Then the registration is answered with:
        | answer | 400 |

  @DPS-REG-12 @DPS-ERR-02
  Rule: The body is an object; an error leaves the connection open

    Scenario Outline: <body>
      When "thermostat" registers with the body "<body>"
      Then the registration is answered with:
        | answer    | 400           |
        | errorCode | /^400\d{3}$/  |
      When "thermostat" registers
      Then the registration is answered with:
        | answer | 202 |

      Examples:
        | body   |
        | [1]    |
        | no {}  |
        | 7      |

  @DPS-REG-13
  Rule: A TPM cannot register over MQTT

    Scenario: An endorsement key
      When "thermostat" registers with the body "{"registrationId":"{thermostat}","tpm":{"endorsementKey":"AA==","storageRootKey":"AA=="}}"
      Then the registration is answered with:
        | answer  | 400       |
        | message | /TPM/     |

  @DPS-REG-14
  Rule: No certificate is issued, and the device is told

    Scenario: A certificate signing request
      When "thermostat" registers with the body "{"registrationId":"{thermostat}","csr":"AA=="}"
      Then the registration is answered with:
        | answer | 400 |

  @DPS-REG-15
  Rule: There is no other topic

    Scenario Outline: <topic>
      When "thermostat" publishes to "<topic>"
      Then the hub closes the connection of "thermostat"

      Examples:
        | topic                                   |
        | devices/{thermostat}/messages/events/   |
        | $dps/registrations/PUT/iotdps-register/ |

  @DPS-POLL-01 @DPS-POLL-07
  Rule: A poll is answered with 200 when the service has decided

    Scenario: To the end
      When "thermostat" is provisioned
      Then the registration is answered with:
        | answer      | 200                                                |
        | topic       | /^\$dps\/registrations\/res\/200\/\?\$rid=[^&]+$/ |
        | retry-after | absent                                             |
        | operationId | {operation}                                        |
        | status      | assigned                                           |

    Scenario: Over the documented topic
      When "thermostat" is provisioned
      And "thermostat" sends PUBLISH with:
        | topic | $dps/registrations/GET/iotdps-get-operationstatus/?$rid=q1&operationId={operation} |
      Then "thermostat" receives PUBLISH with:
        | topic          | $dps/registrations/res/200/?$rid=q1 |
        | payload.status | assigned                            |

  @DPS-POLL-02
  Rule: The body of a poll is ignored

    Scenario Outline: <form>
      When "thermostat" is provisioned
      And "thermostat" polls with the body "<body>"
      Then the registration is answered with:
        | answer | 200      |
        | status | assigned |

      Examples:
        | form      | body                              |
        | empty     |                                   |
        | one space |                                   |
        | JSON      | {"registrationId":"{thermostat}"} |

  @DPS-POLL-03
  Rule: While it is assigning, a poll says so

    Scenario: One poll in vain
      Given the provisioning service is going to stay at assigning for 2 polls
      When "thermostat" registers
      And "thermostat" polls
      Then the registration is answered with:
        | answer                           | 202          |
        | retry-after                      | /^\d+$/      |
        | operationId                      | {operation}  |
        | status                           | assigning    |
        | registrationState.registrationId | {thermostat} |
        | registrationState.status         | assigning    |

  @DPS-POLL-04
  Rule: An assigned registration has its members

    Scenario: All of them are texts
      When "thermostat" is provisioned
      Then the registration is answered with:
        | status                                   | assigned                                            |
        | registrationState.registrationId         | {thermostat}                                        |
        | registrationState.createdDateTimeUtc     | /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/            |
        | registrationState.assignedHub            | {host}                                              |
        | registrationState.deviceId               | {thermostat}                                        |
        | registrationState.status                 | assigned                                            |
        | registrationState.substatus              | initialAssignment                                   |
        | registrationState.lastUpdatedDateTimeUtc | /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/            |
        | registrationState.etag                   | /^[A-Za-z0-9+\/]+=*$/                               |

  @DPS-POLL-06
  Rule: The etag of a registration is the Base64 of a quoted text

    Scenario: Its first and last characters
      When "thermostat" is provisioned
      Then the registration is answered with:
        | registrationState.etag | /^I[g-v].*(i\|I=\|Ig==)$/ |

  @DPS-POLL-08
  Rule: A disabled enrollment ends the registration as disabled

    Scenario: Disabled before
      Given an enrollment "lamp" with:
        | provisioningStatus | disabled |
      When "lamp" is provisioned
      Then the registration is answered with:
        | answer                           | 200      |
        | status                           | disabled |
        | registrationState.registrationId | {lamp}   |

  @DPS-POLL-09
  Rule: An assignment that fails ends the registration with the reason

    Scenario: A webhook that does not answer
      Given an enrollment "lamp" with:
        | allocationPolicy                      | custom                      |
        | customAllocationDefinition.webhookUrl | https://127.0.0.1:1/nobody  |
        | customAllocationDefinition.apiVersion | 2019-03-31                  |
      When "lamp" is provisioned
      Then the registration is answered with:
        | answer                         | 200          |
        | status                         | failed       |
        | operationId                    | {operation}  |
        | registrationState.errorCode    | /^\d{6}$/    |
        | registrationState.errorMessage | /^.+$/       |

  @DPS-POLL-10
  Rule: An unknown operation is an error

    Scenario: Never issued
      When "thermostat" polls the operation "5.0123456789abcdef.00000000-0000-0000-0000-000000000000"
      Then the registration is answered with:
        | answer    | 404          |
        | errorCode | /^404\d{3}$/ |

    Scenario: The operation of another device
      Given an enrollment "lamp"
      When "lamp" is provisioned
      And "thermostat" polls
      Then the registration is answered with:
        | answer | 404 |

  @DPS-POLL-11
  Rule: The result can be asked for again

    Scenario: After the end
      When "thermostat" is provisioned
      And "thermostat" polls
      Then the registration is answered with:
        | answer                     | 200      |
        | status                     | assigned |
        | registrationState.deviceId | {thermostat} |

  @DPS-POLL-12
  Rule: The device is in its hub before it is told

    Scenario: It connects at once
      When "thermostat" is provisioned
      And the service requests GET "/devices/{thermostat}"
      Then the answer is 200
      When "thermostat" connects
      Then "thermostat" is accepted

  @DPS-ERR-01
  Rule: An error has a code, a tracking id, a message and a time

    Scenario: An unknown ID scope over HTTPS
      When "thermostat" asks the provisioning service PUT "/0neFFFFFFFF/registrations/{thermostat}/register" with:
        | id scope            | 0neFFFFFFFF  |
        | body registrationId | {thermostat} |
      Then the registration is answered with:
        | answer       | /^4\d\d$/                                |
        | errorCode    | /^4\d{5}$/                               |
        | trackingId   | /^[0-9a-f-]{36}$/                        |
        | message      | /^.+$/                                   |
        | timestampUtc | /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/ |

  @DPS-ERR-03
  Rule: A throttled request says when to come again

    Scenario: 429
      Given the provisioning service is going to answer a registration with status 429
      When "thermostat" registers
      Then the registration is answered with:
        | answer      | 429    |
        | retry-after | 7      |
        | errorCode   | 429000 |

  @DPS-ERR-04
  Rule: An unknown ID scope is not found

    Scenario: At the registration
      Given "thermostat" listens to the provisioning service with:
        | id scope | 0neFFFFFFFF |
      When "thermostat" registers
      Then the registration is answered with:
        | answer | 404 |

  @DPS-LIM-01 @hub:throttles
  Rule: A device polls five times in ten seconds

    Scenario: The sixth poll
      Given the provisioning service throttles
      When "thermostat" registers
      And "thermostat" polls
      And "thermostat" polls
      And "thermostat" polls
      And "thermostat" polls
      And "thermostat" polls
      And "thermostat" polls
      Then the registration is answered with:
        | answer      | 429     |
        | retry-after | /^\d+$/ |
