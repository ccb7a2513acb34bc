@sut:client
Feature: Answering direct methods
  The client is responsible for taking an application's answers to the callers they belong to.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#azure-iot-device-iothubdeviceclient-send-method-response

  @BOTH-RESP-01
  Rule: The response goes to the caller of the method, with its status and payload

    Scenario Outline: The <identity> answers
      Given a connected <identity> client
      And the application listens for method requests
      When the back end calls the method "measure"
      And it answers the method "measure" with status 207 and:
        """
        {"celsius": 21.5}
        """
      Then the call gives nothing
      And the caller of "measure" gets the status 207 and:
        """
        {"celsius": 21.5}
        """

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RESP-02
  Rule: The call returns only when the hub has acknowledged the response

    @fault:mqtt
    Scenario Outline: The hub takes its time with the answer of the <identity>
      Given a connected <identity> client
      And the application listens for method requests
      And the hub is going to acknowledge 5 seconds late
      When the back end calls the method "measure"
      And it answers a method request
      Then the call succeeds after 5 seconds

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RESP-03
  Rule: A client that was never connected connects first

    @needs:connection.auto-connect
    Scenario Outline: The <identity> answers without a connection
      Given a <identity> client
      When it answers a method request
      Then the call succeeds
      And the hub has seen 1 connection attempt
      And the hub has seen 1 PUBLISH packet

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-RESP-04
  Rule: The response is made from its parts or from the request

    Scenario Outline: The <identity> answers with a response made from its parts
      Given a connected <identity> client
      And the application listens for method requests
      When the back end calls the method "measure"
      And it answers a method request
      Then the caller of "measure" gets the status 200 and:
        """
        {"answered": true}
        """

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: The <identity> answers the older of two requests with a response made from it
      Given a connected <identity> client
      And the application listens for method requests
      When the back end calls the method "older"
      And the back end calls the method "newer"
      And it answers the method "older" with status 202 and:
        """
        null
        """
      Then the caller of "older" gets the status 202 and:
        """
        null
        """

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
