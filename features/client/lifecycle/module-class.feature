@sut:client
Feature: The class of the module client
  The client is responsible for the documented surface: four factories, thirteen calls, seven attributes.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubmoduleclient

  @MOD-CLASS-01
  Rule: It is a client of an IoT Hub or of an IoT Edge hub

    @identity:module
    Scenario: An IoT Hub
      Given a module client
      When it connects
      Then the hub had sent its CONNACK before the call returned

    @identity:module
    Scenario: An IoT Edge hub
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a module client from a SAS token with:
        | gatewayHostname | localhost |
      When it connects
      Then the hub had sent its CONNACK before the call returned
      And the TLS handshake names the host "localhost"

  @MOD-CLASS-02
  Rule: An instance is obtained from a factory and in no other way

    @construction @identity:module
    Scenario: The initializer
      When a module client is made without a factory
      Then the call is refused

    @identity:module
    Scenario Outline: A client from <factory>
      Given a workload API that works
      And a connected module client from <factory>
      Then it is connected

      Examples:
        | factory              |
        | a connection string  |
        | a SAS token          |
        | an X.509 certificate |
        | an Edge environment  |

  @MOD-CLASS-03
  Rule: The initializer does not do with one pipeline or none

    @construction @identity:module
    Scenario Outline: The initializer from <what>
      When a module client is made without a factory from <what>
      Then the call is refused

      Examples:
        | what                            |
        | one pipeline                    |
        | an MQTT pipeline and a stranger |

  @MOD-CLASS-04
  Rule: The class offers four factories

    @construction @identity:module
    Scenario: The factories that there are
      Then the module class offers the factories:
        | createFromConnectionString |
        | createFromEdgeEnvironment  |
        | createFromSastoken         |
        | createFromX509Certificate  |
      And the module class offers no "createFromSymmetricKey"

  @MOD-CLASS-05
  Rule: The class offers the documented calls

    @construction @identity:module
    Scenario: The calls that there are
      Then the module class offers the calls:
        | connect                           |
        | disconnect                        |
        | shutdown                          |
        | updateSastoken                    |
        | sendMessage                       |
        | sendMessageToOutput               |
        | sendMethodResponse                |
        | getTwin                           |
        | patchTwinReportedProperties       |
        | invokeMethod                      |
        | receiveMessageOnInput             |
        | receiveMethodRequest              |
        | receiveTwinDesiredPropertiesPatch |

    @identity:module
    Scenario Outline: Each call that needs nobody else is answered
      Given a connected module client
      When it <call>
      Then the call succeeds

      Examples:
        | call                            |
        | connects                        |
        | sends a message                 |
        | sends a message to an output    |
        | answers a method request        |
        | asks for its twin               |
        | patches its reported properties |
        | disconnects                     |
        | shuts down                      |

    @identity:module
    Scenario Outline: Each receive call looks for what has come
      Given a connected module client
      When it looks for <what> without waiting
      Then the call <outcome>
      And it is connected

      Examples:
        | what             | outcome               |
        | an input message | gives nothing         |
        | a method request | gives nothing         |
        | a desired patch  | fails with InboxEmpty |

  @MOD-CLASS-06
  Rule: The class has seven attributes: connected and six handlers

    @construction @identity:module
    Scenario: The attributes that there are
      Then the module class offers the attributes:
        | connected                            |
        | onBackgroundException                |
        | onConnectionStateChange              |
        | onMessageReceived                    |
        | onMethodRequestReceived              |
        | onNewSastokenRequired                |
        | onTwinDesiredPropertiesPatchReceived |

    @identity:module
    Scenario: No handler is set at the start
      Given a connected module client
      Then no handler is set

    @identity:module
    Scenario: Its messages are those of its inputs
      Given a connected module client
      And the application listens for messages
      When another module sends "warm" to the input "input1"
      Then the application is told of messages with:
        | text      | warm   |
        | inputName | input1 |

  @BOTH-CLASS-01
  Rule: Both classes derive from one client and share its behaviour

    @construction
    Scenario Outline: Shared names
      Then the <identity> class offers the calls:
        | connect                           |
        | disconnect                        |
        | shutdown                          |
        | updateSastoken                    |
        | sendMessage                       |
        | sendMethodResponse                |
        | getTwin                           |
        | patchTwinReportedProperties       |
        | receiveMethodRequest              |
        | receiveTwinDesiredPropertiesPatch |
      And the <identity> class offers the attributes:
        | connected                            |
        | onBackgroundException                |
        | onConnectionStateChange              |
        | onMessageReceived                    |
        | onMethodRequestReceived              |
        | onNewSastokenRequired                |
        | onTwinDesiredPropertiesPatchReceived |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    Scenario Outline: Shared behaviour
      Given a connected <identity> client
      And the application listens for desired properties
      When the back end sets the desired properties to:
        """
        {"fan":"on"}
        """
      Then the application is told of desired properties with:
        | patch.fan     | on |
        | argumentCount | 1  |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
