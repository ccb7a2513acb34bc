@sut:client @identity:device
Feature: Registering with the provisioning service
  The client is responsible for asking until the service has decided, and for telling what it has decided.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.provisioningdeviceclient

  @PROV-KEY-01
  Rule: A client with a key registers with a token for its registration

    @needs:auth.symmetric-key
    Scenario: The primary key of an enrollment
      Given a provisioning client from a symmetric key
      When it registers
      Then the registration succeeds
      And CONNECT holds:
        | client id      | device-1                             |
        | token resource | 0ne00000000/registrations/device-1   |
        | password       | a token                              |
      And the service was asked to "register poll"

  @PROV-KEY-05
  Rule: The token lives an hour, unless the application says otherwise

    @needs:auth.symmetric-key
    Scenario: By default
      Given a provisioning client
      When it registers
      Then CONNECT holds:
        | token life | 3600 |

    @needs:auth.symmetric-key @option:sastokenTtl
    Scenario: Two minutes
      Given a provisioning client with:
        | sastokenTtl | 120 |
      When it registers
      Then CONNECT holds:
        | token life | 120 |

  @PROV-X509-01
  Rule: A client with a certificate registers with it, and without a password

    @needs:auth.x509
    Scenario: An enrolled certificate
      Given a provisioning client from an X.509 certificate
      When it registers
      Then the registration succeeds
      And CONNECT holds:
        | client id | device-1 |
        | password  | none     |

  @PROV-PAY-01
  Rule: The payload of the application is part of the request

    Scenario Outline: <payload>
      Given a provisioning client
      When it registers with the payload <payload>
      Then the registration succeeds
      And the registration request holds:
        | registrationId | device-1  |
        | payload        | <payload> |

      Examples:
        | payload                    |
        | {"model":"x1","units":[1]} |
        | "a text"                   |
        | 7                          |

  @PROV-PAY-02
  Rule: Without a payload there is none

    Scenario: A registration id alone
      Given a provisioning client
      When it registers
      Then the registration succeeds
      And the registration request holds:
        | registrationId | device-1 |
      And the registration request has no payload

  @PROV-REG-01
  Rule: The client subscribes before it asks

    Scenario: SUBACK before the first request
      Given a provisioning client
      When it registers
      Then the registration succeeds
      And the answers were subscribed to before the first request

  @PROV-REG-02
  Rule: A registration ends when the service has decided

    Scenario: After two polls in vain
      Given a provisioning client
      And the hub is going to stay at assigning for 2 polls
      When it registers
      Then the call is still waiting
      When 4 seconds pass
      Then the call is still waiting
      And the registration succeeds
      And the service was asked to "register poll poll poll"

  @PROV-REG-03
  Rule: The client waits between its requests as the service asks

    Scenario: After a registration
      Given a provisioning client
      And the hub is going to ask 7 seconds after a registration
      When it registers
      Then the registration succeeds
      And the last 2 requests to the service are 7 seconds apart

    Scenario: After a poll
      Given a provisioning client
      And the hub is going to stay at assigning for 1 poll
      And the hub is going to ask 5 seconds after a poll
      When it registers
      Then the registration succeeds
      And the last 2 requests to the service are 5 seconds apart

  @PROV-REG-04
  Rule: A poll names the operation of the last answer

    Scenario: Two polls
      Given a provisioning client
      And the hub is going to stay at assigning for 1 poll
      When it registers
      Then the registration succeeds
      And every poll names the operation of the answer before it

  @PROV-REG-05
  Rule: An answer that says later makes the client ask the same again

    Scenario Outline: A registration, <status>
      Given a provisioning client
      And the next 2 times the hub is going to answer a registration with status <status>
      When it registers
      Then the registration succeeds
      And the service was asked to "register register register poll"

      Examples:
        | status |
        | 429    |
        | 500    |
        | 503    |

    Scenario: A poll, after the time that the service asks for
      Given a provisioning client
      And the hub is going to answer a poll with status 429
      When it registers
      Then the registration succeeds
      And the service was asked to "register poll poll"
      And the last 2 requests to the service are 6 seconds apart

  @PROV-REG-06
  Rule: The client disconnects before it tells the result

    Scenario: After success
      Given a provisioning client
      When it registers
      Then the registration succeeds
      And the hub has seen 1 DISCONNECT packet
      And the hub had seen the connection end before the call returned

    @needs:auth.symmetric-key
    Scenario: After a refusal
      Given a provisioning client
      And the hub is going to end a registration as failed
      When it registers
      Then the registration fails with ClientError
      And the hub has seen 1 DISCONNECT packet
      And the hub had seen the connection end before the call returned

  @PROV-REG-07
  Rule: A client registers once at a time

    Scenario: A second call while the first one runs
      Given a provisioning client
      And the hub is going to stay at assigning for 1 poll
      When it registers
      And it registers
      Then the call fails with ClientError
      When 9 seconds pass
      Then the call before succeeds

  @PROV-REG-08
  Rule: After success the client is no longer operable

    Scenario: A second registration
      Given a provisioning client
      When it registers
      Then the registration succeeds
      When it registers
      Then the registration fails with ClientError
      And the hub has seen 1 connection attempt

  @PROV-RES-01
  Rule: The result has the operation, its status and the state

    Scenario: Of an assigned device
      Given a provisioning client
      When it registers
      Then the registration succeeds
      And the call gives:
        | status      | assigned |
        | operationId | (text)   |
      And the call names the operation that was polled

  @PROV-RES-02
  Rule: The state is what the service has answered

    Scenario: Each member
      Given a provisioning client
      When it registers
      Then the registration succeeds
      And the call gives:
        | registrationState.deviceId    | device-1    |
        | registrationState.assignedHub | localhost |
      And the call gives what the service has answered

    Scenario: A device that comes again
      Given a provisioning client
      When it registers
      Then the registration succeeds
      Given a provisioning client
      When it registers
      Then the registration succeeds
      And the call gives what the service has answered
      And the times of the result differ

    Scenario: A device id of its own
      Given the device is enrolled as "boiler"
      And a provisioning client
      When it registers
      Then the registration succeeds
      And the call gives:
        | registrationState.deviceId | boiler |
      And the call gives what the service has answered

  @PROV-RES-03
  Rule: The payload of the answer is told as JSON text

    Scenario: Of a custom allocation
      Given the device is assigned by a webhook that answers with the payload '{"answer":[42]}'
      And a provisioning client
      When it registers
      Then the registration succeeds
      And its response payload is the JSON '{"answer":[42]}'

    Scenario: None
      Given a provisioning client
      When it registers
      Then the registration succeeds
      And its response payload is the JSON 'null'

  @PROV-KEY-01 @PROV-RES-01
  Rule: What the result names is a hub that lets the device in

    @needs:auth.symmetric-key
    Scenario: From the enrollment to the connection
      Given a provisioning client
      When it registers
      Then the registration succeeds
      And the device of the result connects to the hub of the result
