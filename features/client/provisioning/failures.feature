@sut:client @identity:device
Feature: Failures of a registration
  The client is responsible for telling the application what went wrong, by the documented errors.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.provisioningdeviceclient

  @PROV-ERR-01
  Rule: Refused credentials are a CredentialError

    @fault:mqtt
    Scenario Outline: <words>
      Given a provisioning client
      And the hub is going to <words>
      When it registers
      Then the registration fails with CredentialError

      Examples:
        | words                            |
        | refuse the credentials           |
        | refuse the user name or password |

  @PROV-ERR-02
  Rule: A service that cannot be reached is a ConnectionFailedError

    @fault:tcp
    Scenario: The connection is reset
      Given a provisioning client
      And every time the hub is going to reset connections
      When it registers
      Then the registration fails with ConnectionFailedError
      And the hub has seen 0 connection attempts

    @fault:mqtt
    Scenario: The service is unavailable
      Given a provisioning client
      And every time the hub is going to be unavailable
      When it registers
      Then the registration fails with ConnectionFailedError

  @PROV-ERR-03
  Rule: A connection that is lost on the way is a ConnectionDroppedError

    @fault:mqtt
    Scenario Outline: <words>
      Given a provisioning client
      And every time the hub is going to <words>
      When it registers
      Then the registration fails with ConnectionDroppedError

      Examples:
        | words                                     |
        | close instead of answering a registration |
        | close instead of answering a poll         |

    @fault:tcp
    Scenario: Between two polls
      Given a provisioning client
      And the hub is going to stay at assigning for 1 poll
      When it registers
      And 1 second passes
      And the connection is cut
      Then the registration fails with ConnectionDroppedError

  @PROV-ERR-04
  Rule: A connection that takes too long is an OperationTimeout

    @fault:mqtt
    Scenario: No CONNACK
      Given a provisioning client
      And every time the hub is going to stay silent when asked to connect
      When it registers
      Then the registration fails with OperationTimeout

  @PROV-ERR-05
  Rule: A registration that the service does not assign is a ClientError

    Scenario Outline: It ends as <status>
      Given a provisioning client
      And the hub is going to end a registration as <status>
      When it registers
      Then the registration fails with ClientError
      And the service was asked to "register poll"

      Examples:
        | status     |
        | failed     |
        | disabled   |
        | unassigned |

    Scenario Outline: A registration is answered with <status>
      Given a provisioning client
      And the hub is going to answer a registration with status <status>
      When it registers
      Then the registration fails with ClientError
      And its cause is the status <status>
      And the service was asked to "register"

      Examples:
        | status |
        | 400    |
        | 401    |
        | 404    |

    Scenario: A poll is answered with 404
      Given a provisioning client
      And the hub is going to answer a poll with status 404
      When it registers
      Then the registration fails with ClientError
      And its cause is the status 404

    @needs:auth.symmetric-key
    Scenario: A key that is not enrolled
      Given a provisioning client with:
        | symmetricKey | d3JvbmcgLSB3cm9uZyAtIHdyb25nIC0gd3JvbmcgLSE= |
      When it registers
      Then the registration fails with ClientError
      And its cause is the status 401

    Scenario: An answer that cannot be read
      Given a provisioning client
      And the hub is going to answer a poll with something that is not JSON
      When it registers
      Then the registration fails with ClientError

  @PROV-ERR-06
  Rule: An answer that does not come is a ClientError after half a minute

    Scenario Outline: <words>
      Given a provisioning client
      And every time the hub is going to <words>
      When it registers
      Then the registration fails with ClientError
      And the last request to the service was 30 seconds ago

      Examples:
        | words                              |
        | stay silent when asked to register |
        | stay silent when polled            |
