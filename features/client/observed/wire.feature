@sut:client
Feature: What the client sends to the hub, as observed
  The client is responsible for saying who it is and what it wants in the way that the hub expects.
  Source: the Python SDK 2.14.0, not its documentation.

  @SRC-21
  Rule: Product information that is a model id announces the model, with the API version that knows models

    Scenario Outline: The <identity> has a model
      Given a connected <identity> client with:
        | productInfo | dtmi:com:example:Thermostat;1 |
      Then CONNECT holds:
        | api version | 2020-09-30                    |
        | model id    | dtmi:com:example:Thermostat;1 |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    Scenario Outline: The <identity> has none
      Given a connected <identity> client with:
        | productInfo | thermostat/1.0 |
      Then CONNECT holds:
        | api version  | 2019-10-01     |
        | model id     | (none)         |
        | agent suffix | thermostat/1.0 |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-22
  Rule: Through a gateway the user name keeps the name of the hub

    Scenario Outline: The <identity> connects to a gateway
      Given the clients know the hub as "hub.example"
      And a connected <identity> client from a SAS token with:
        | gatewayHostname | localhost |
      Then CONNECT holds:
        | host | hub.example |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-23
  Rule: A client with a certificate sends no password

    Scenario Outline: The <identity> connects with its certificate
      Given a connected <identity> client from an X.509 certificate
      Then CONNECT holds:
        | password | none |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-24
  Rule: Uploading needs no MQTT connection

    @identity:device
    Scenario: The device asks and reports
      Given a device client
      When it asks where to upload a blob
      And its "correlationId" is kept as "correlationId"
      And the blob "temperatures" is uploaded to the location from the hub
      And it reports an upload
      Then the call succeeds
      And the hub has seen 0 connection attempts

  @SRC-25
  Rule: An HTTPS answer of 300 to 599 is a ClientError with the status as its cause

    @fault:http
    Scenario Outline: The hub answers the device <status>
      Given a device client
      And the hub is going to answer a request with status <status>
      When it asks where to upload a blob
      Then the call fails with ClientError
      And its cause is the status <status>

      @identity:device
      Examples: device
        | identity | status |
        | device   | 302    |
        | device   | 404    |
        | device   | 503    |
        | device   | 599    |

    @fault:http
    Scenario Outline: The gateway answers the module <status>
      Given a workload API that works
      And a module client from an Edge environment
      And the hub is going to answer a request with status <status>
      When it invokes a method of a device
      Then the call fails with ClientError
      And its cause is the status <status>

      @identity:module
      Examples: module
        | identity | status |
        | module   | 302    |
        | module   | 404    |
        | module   | 503    |
        | module   | 599    |
