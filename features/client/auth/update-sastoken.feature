@sut:client
Feature: Replacing the SAS token
  The client is responsible for going on with the new token at once, and for refusing one that cannot be meant for it.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#update-sastoken

  @BOTH-UPD-01
  Rule: The new token is what the client authenticates with from then on

    Scenario Outline: A valid token
      Given a connected <identity> client from a SAS token
      And a SAS token of the <identity> that lives 1 day
      When it is given the token "{freshToken}"
      Then the call succeeds
      And CONNECT holds:
        | token | {freshToken} |
      When it sends the message "with the new token"
      Then the hub receives the message "with the new token"

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-UPD-02
  Rule: The connection is re-authorized without a further call

    Scenario Outline: Farewell and return
      Given a connected <identity> client from a SAS token
      And a SAS token of the <identity> that lives 1 day
      When it is given the token "{freshToken}"
      Then the hub has seen 1 DISCONNECT packet
      And the hub has seen 2 connection attempts
      And it is connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-UPD-03
  Rule: Only clients that were made from a SAS token can be given another

    Scenario Outline: A client from a <factory>
      Given a connected <identity> client from a <factory>
      When it updates its SAS token
      Then the call fails with ClientError
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity | factory           |
        | device   | connection string |
        | device   | symmetric key     |

      @identity:module
      Examples: module client
        | identity | factory           |
        | module   | connection string |

    Scenario Outline: A client with a certificate
      Given a connected <identity> client from an X.509 certificate
      When it updates its SAS token
      Then the call fails with ClientError
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

    @identity:module
    Scenario: A client of the Edge environment
      Given a workload API that works
      And a connected module client from an Edge environment
      When it updates its SAS token
      Then the call fails with ClientError
      And the hub has seen 1 connection attempt

  @BOTH-UPD-04
  Rule: A text that is not a token, or lacks a field, or has one too many, is refused

    Scenario Outline: <what>
      Given a connected <identity> client from a SAS token
      When it is given the token "<token>"
      Then the call fails with ValueError
      And it is connected
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity | what             | token                                                                                        |
        | device   | No token         | plain text                                                                                   |
        | device   | No signature     | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1&se=4102444800                        |
        | device   | No resource      | SharedAccessSignature sig=c2lnbmF0dXJl&se=4102444800                                         |
        | device   | No expiry        | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1&sig=c2lnbmF0dXJl                     |
        | device   | A field too many | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1&sig=c2lnbmF0dXJl&se=4102444800&foo=1 |

      @identity:module
      Examples: module client
        | identity | what             | token                                                                                                             |
        | module   | No token         | plain text                                                                                                        |
        | module   | No signature     | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&se=4102444800                        |
        | module   | No resource      | SharedAccessSignature sig=c2lnbmF0dXJl&se=4102444800                                                              |
        | module   | No expiry        | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl                     |
        | module   | A field too many | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800&foo=1 |

  @BOTH-UPD-05
  Rule: A token for another host, device or module is refused

    Scenario Outline: <what>
      Given a connected <identity> client from a SAS token
      When it is given the token "<token>"
      Then the call fails with ValueError
      And it is connected
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity | what           | token                                                                                      |
        | device   | Another host   | SharedAccessSignature sr=other.example%2Fdevices%2Fdevice-1&sig=c2lnbmF0dXJl&se=4102444800 |
        | device   | Another device | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-9&sig=c2lnbmF0dXJl&se=4102444800     |

      @identity:module
      Examples: module client
        | identity | what           | token                                                                                                           |
        | module   | Another host   | SharedAccessSignature sr=other.example%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800 |
        | module   | Another device | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-9%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800     |
        | module   | Another module | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-9&sig=c2lnbmF0dXJl&se=4102444800     |

  @BOTH-UPD-06
  Rule: A token of the other kind of identity is refused

    Scenario Outline: <what>
      Given a connected <identity> client from a SAS token
      When it is given the token "<token>"
      Then the call fails with ValueError
      And it is connected
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity | what             | token                                                                                                       |
        | device   | A module's token | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800 |

      @identity:module
      Examples: module client
        | identity | what             | token                                                                                  |
        | module   | A device's token | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1&sig=c2lnbmF0dXJl&se=4102444800 |

  @BOTH-UPD-07
  Rule: A token that has expired is refused

    Scenario Outline: <what>
      Given a connected <identity> client from a SAS token
      When it is given the token "<token>"
      Then the call fails with ValueError
      And it is connected
      And the hub has seen 1 connection attempt

      @identity:device
      Examples: device client
        | identity | what    | token                                                                                  |
        | device   | Expired | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1&sig=c2lnbmF0dXJl&se=1000000000 |

      @identity:module
      Examples: module client
        | identity | what    | token                                                                                                       |
        | module   | Expired | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl&se=1000000000 |

  @BOTH-UPD-08
  Rule: A token that the hub does not accept leaves the client without a connection

    @fault:mqtt
    Scenario Outline: The hub is going to refuse the credentials on return
      Given a connected <identity> client from a SAS token
      And a SAS token of the <identity> that lives 1 day
      And the hub is going to refuse the credentials
      When it is given the token "{freshToken}"
      Then the call fails with CredentialError
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-UPD-09
  Rule: A connection that cannot be re-established is told as failed

    @fault:mqtt
    Scenario Outline: The hub is going to be unavailable on return
      Given a connected <identity> client from a SAS token
      And a SAS token of the <identity> that lives 1 day
      And the hub is going to be unavailable
      When it is given the token "{freshToken}"
      Then the call fails with ConnectionFailedError
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-UPD-10
  Rule: A connection lost meanwhile is told as dropped

    @fault:mqtt
    Scenario Outline: The hub is going to close instead of accepting on return
      Given a connected <identity> client from a SAS token
      And a SAS token of the <identity> that lives 1 day
      And the hub is going to close instead of accepting
      When it is given the token "{freshToken}"
      Then the call fails with ConnectionDroppedError
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-UPD-11 @clock
  Rule: A re-authorization without an answer times out after a minute

    @fault:mqtt
    Scenario Outline: The hub is going to stay silent when asked to connect on return
      Given a connected <identity> client from a SAS token
      And a SAS token of the <identity> that lives 1 day
      And the hub is going to stay silent when asked to connect
      When it is given the token "{freshToken}"
      Then the call fails with OperationTimeout after 60 seconds
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-UPD-12
  Rule: Any other failure is a ClientError

    @fault:mqtt
    Scenario Outline: The hub is going to refuse the client identifier on return
      Given a connected <identity> client from a SAS token
      And a SAS token of the <identity> that lives 1 day
      And the hub is going to refuse the client identifier
      When it is given the token "{freshToken}"
      Then the call fails with ClientError
      And it is not connected

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
