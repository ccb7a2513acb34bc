@sut:client
Feature: The class of the device client
  The client is responsible for the documented surface: four factories, thirteen calls, seven attributes.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient

  @DEV-CLASS-01
  Rule: A call returns only when its work is finished

    @identity:device
    Scenario: Connecting and sending
      Given a device client
      When it connects
      Then the hub had sent its CONNACK before the call returned
      When it sends a message
      Then the hub had sent its PUBACK before the call returned

  @DEV-CLASS-02
  Rule: An instance is obtained from a factory and in no other way

    @construction @identity:device
    Scenario: The initializer
      When a device client is made without a factory
      Then the call is refused

    @identity:device
    Scenario Outline: A client from <factory>
      Given a connected device client from <factory>
      Then it is connected

      Examples:
        | factory              |
        | a connection string  |
        | a SAS token          |
        | a symmetric key      |
        | an X.509 certificate |

  @DEV-CLASS-03
  Rule: The initializer does not do with one pipeline or none

    @construction @identity:device
    Scenario Outline: The initializer from <what>
      When a device client is made without a factory from <what>
      Then the call is refused

      Examples:
        | what                            |
        | one pipeline                    |
        | an MQTT pipeline and a stranger |

  @DEV-CLASS-04
  Rule: The class offers four factories

    @construction @identity:device
    Scenario: The factories that there are
      Then the device class offers the factories:
        | createFromConnectionString |
        | createFromSastoken         |
        | createFromSymmetricKey     |
        | createFromX509Certificate  |
      And the device class offers no "createFromEdgeEnvironment"

  @DEV-CLASS-05
  Rule: The class offers the documented calls

    @construction @identity:device
    Scenario: The calls that there are
      Then the device class offers the calls:
        | connect                           |
        | disconnect                        |
        | shutdown                          |
        | updateSastoken                    |
        | sendMessage                       |
        | sendMethodResponse                |
        | getTwin                           |
        | patchTwinReportedProperties       |
        | receiveMessage                    |
        | receiveMethodRequest              |
        | receiveTwinDesiredPropertiesPatch |
        | getStorageInfoForBlob             |
        | notifyBlobUploadStatus            |

    @identity:device
    Scenario Outline: Each call that needs nobody else is answered
      Given a connected device client
      When it <call>
      Then the call succeeds

      Examples:
        | call                            |
        | connects                        |
        | sends a message                 |
        | asks where to upload a blob     |
        | answers a method request        |
        | asks for its twin               |
        | patches its reported properties |
        | disconnects                     |
        | shuts down                      |

    @identity:device
    Scenario Outline: Each receive call looks for what has come
      Given a connected device client
      When it looks for <what> without waiting
      Then the call <outcome>
      And it is connected

      Examples:
        | what             | outcome               |
        | a message        | gives nothing         |
        | a method request | gives nothing         |
        | a desired patch  | fails with InboxEmpty |

  @DEV-CLASS-06
  Rule: The class has seven attributes: connected and six handlers

    @construction @identity:device
    Scenario: The attributes that there are
      Then the device class offers the attributes:
        | connected                            |
        | onBackgroundException                |
        | onConnectionStateChange              |
        | onMessageReceived                    |
        | onMethodRequestReceived              |
        | onNewSastokenRequired                |
        | onTwinDesiredPropertiesPatchReceived |

    @identity:device
    Scenario: No handler is set at the start
      Given a connected device client
      Then no handler is set
