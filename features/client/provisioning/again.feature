@sut:client @identity:device
Feature: Registering again
  The client is responsible for a registration that failed being over, so that the next one is as the first.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.provisioningdeviceclient

  @PROV-ERR-01
  Rule: A client whose credentials were refused can register again

    @fault:mqtt
    Scenario: Refused once
      Given a provisioning client
      And the hub is going to refuse the credentials
      When it registers
      Then the registration fails with CredentialError
      When it registers
      Then the registration succeeds
      And the call gives what the service has answered
      And the hub has seen 2 connection attempts

  @PROV-ERR-02
  Rule: A client that found no service can register again

    @fault:mqtt
    Scenario: Away twice
      Given a provisioning client
      And the next 2 times the hub is going to be unavailable
      When it registers
      Then the registration fails with ConnectionFailedError
      When it registers
      Then the registration fails with ConnectionFailedError
      When it registers
      Then the registration succeeds

  @PROV-ERR-03
  Rule: A client that lost its connection can register again

    @fault:mqtt
    Scenario Outline: <words>
      Given a provisioning client
      And the hub is going to <words>
      When it registers
      Then the registration fails with ConnectionDroppedError
      When it registers
      Then the registration succeeds
      And the call gives what the service has answered

      Examples:
        | words                                     |
        | close instead of answering a registration |
        | close instead of answering a poll         |

  @PROV-ERR-04
  Rule: A client that nobody answered can register again

    @fault:mqtt
    Scenario: No CONNACK at first
      Given a provisioning client
      And the hub is going to stay silent when asked to connect
      When it registers
      Then the registration fails with OperationTimeout
      When it registers
      Then the registration succeeds

  @PROV-REG-06
  Rule: The client disconnects before it tells of a refusal

    Scenario Outline: A registration is answered with <status>
      Given a provisioning client
      And the hub is going to answer a registration with status <status>
      When it registers
      Then the registration fails with ClientError
      And the hub has seen 1 DISCONNECT packet
      And the hub had seen the connection end before the call returned
      When it registers
      Then the registration succeeds

      Examples:
        | status |
        | 400    |
        | 401    |

    Scenario: A poll is answered with 404
      Given a provisioning client
      And the hub is going to answer a poll with status 404
      When it registers
      Then the registration fails with ClientError
      And the hub has seen 1 DISCONNECT packet
      And the hub had seen the connection end before the call returned
      When it registers
      Then the registration succeeds

  @PROV-PAY-01
  Rule: Each registration sends the payload that it was given

    @fault:mqtt
    Scenario: Another one after a refusal
      Given a provisioning client
      And the hub is going to answer a registration with status 400
      When it registers with the payload {"number":1}
      Then the registration fails with ClientError
      When it registers with the payload {"number":2}
      Then the registration succeeds
