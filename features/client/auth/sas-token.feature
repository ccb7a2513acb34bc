@sut:client
Feature: Clients from a SAS token
  The client is responsible for using the given token as it is, and for refusing one that cannot serve.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#create-from-sastoken

  @BOTH-SAS-01
  Rule: A client can be built from a SAS token, which is used as it is

    Scenario Outline: A token of the application
      Given a connected <identity> client from a SAS token
      Then CONNECT holds:
        | token | {token} |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-02
  Rule: The token is a required text

    @construction
    Scenario Outline: <what>
      When a <identity> client is made from a SAS token with:
        | sastoken | <given> |
      Then the call fails with TypeError

      @identity:device
      Examples: device client
        | identity | what     | given  |
        | device   | Nothing  | (none) |
        | device   | A number | 42     |

      @identity:module
      Examples: module client
        | identity | what     | given  |
        | module   | Nothing  | (none) |
        | module   | A number | 42     |

  @BOTH-SAS-03
  Rule: Identity and host come from the resource of the token

    Scenario Outline: A hub of another name
      Given the network between client and hub is watched
      And the clients know the hub as "hub.example"
      And a connected <identity> client from a SAS token
      Then the TLS handshake names the host "hub.example"
      And CONNECT holds:
        | client id | <client id> |
        | host      | hub.example |

      @identity:device
      Examples: device client
        | identity | client id |
        | device   | {device}  |

      @identity:module
      Examples: module client
        | identity | client id         |
        | module   | {device}/{module} |

  @BOTH-SAS-04
  Rule: A text that is not a SAS token is refused

    @construction
    Scenario Outline: <what>
      When a <identity> client is made from a SAS token with:
        | sastoken | <given> |
      Then the call fails with ValueError

      @identity:device
      Examples: device client
        | identity | what       | given                                                            |
        | device   | Plain text | plain text                                                       |
        | device   | No prefix  | sr=localhost%2Fdevices%2Fdevice-1&sig=c2lnbmF0dXJl&se=4102444800 |

      @identity:module
      Examples: module client
        | identity | what       | given                                                                                 |
        | module   | Plain text | plain text                                                                            |
        | module   | No prefix  | sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800 |

  @BOTH-SAS-05
  Rule: A token with a field missing or one too many is refused

    @construction
    Scenario Outline: <what>
      When a <identity> client is made from a SAS token with:
        | sastoken | <given> |
      Then the call fails with ValueError

      @identity:device
      Examples: device client
        | identity | what             | given                                                                                        |
        | device   | No resource      | SharedAccessSignature sig=c2lnbmF0dXJl&se=4102444800                                         |
        | device   | No signature     | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1&se=4102444800                        |
        | device   | No expiry        | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1&sig=c2lnbmF0dXJl                     |
        | device   | A field too many | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1&sig=c2lnbmF0dXJl&se=4102444800&foo=1 |

      @identity:module
      Examples: module client
        | identity | what             | given                                                                                                             |
        | module   | No resource      | SharedAccessSignature sig=c2lnbmF0dXJl&se=4102444800                                                              |
        | module   | No signature     | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&se=4102444800                        |
        | module   | No expiry        | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl                     |
        | module   | A field too many | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800&foo=1 |

  @BOTH-SAS-06
  Rule: A token whose resource has the wrong shape is refused

    @construction
    Scenario Outline: <what>
      When a <identity> client is made from a SAS token with:
        | sastoken | <given> |
      Then the call fails with ValueError

      @identity:device
      Examples: device client
        | identity | what                  | given                                                                                                     |
        | device   | Two segments          | SharedAccessSignature sr=localhost%2Fdevices&sig=c2lnbmF0dXJl&se=4102444800                               |
        | device   | Four segments         | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules&sig=c2lnbmF0dXJl&se=4102444800          |
        | device   | Second is not devices | SharedAccessSignature sr=localhost%2Fthings%2Fdevice-1&sig=c2lnbmF0dXJl&se=4102444800                     |
        | device   | Fourth is not modules | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fparts%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800 |

      @identity:module
      Examples: module client
        | identity | what                  | given                                                                                                     |
        | module   | Two segments          | SharedAccessSignature sr=localhost%2Fdevices&sig=c2lnbmF0dXJl&se=4102444800                               |
        | module   | Four segments         | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules&sig=c2lnbmF0dXJl&se=4102444800          |
        | module   | Second is not devices | SharedAccessSignature sr=localhost%2Fthings%2Fdevice-1&sig=c2lnbmF0dXJl&se=4102444800                     |
        | module   | Fourth is not modules | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fparts%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800 |

  @BOTH-SAS-07
  Rule: A token that has expired is refused

    @construction
    Scenario Outline: Ten seconds ago
      Given a SAS token of the <identity> that expired 10 seconds ago
      When a <identity> client is made from a SAS token with:
        | sastoken | {freshToken} |
      Then the call fails with ValueError

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @DEV-SAS-01
  Rule: A token of a module is not for the device client

    @construction @identity:device
    Scenario Outline: <what>
      When a device client is made from a SAS token with:
        | sastoken | <given> |
      Then the call fails with ValueError

      Examples:
        | what             | given                                                                                                       |
        | A module's token | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1%2Fmodules%2Fmodule-1&sig=c2lnbmF0dXJl&se=4102444800 |

  @MOD-SAS-01
  Rule: A token of a device is not for the module client

    @construction @identity:module
    Scenario Outline: <what>
      When a module client is made from a SAS token with:
        | sastoken | <given> |
      Then the call fails with ValueError

      Examples:
        | what             | given                                                                                  |
        | A device's token | SharedAccessSignature sr=localhost%2Fdevices%2Fdevice-1&sig=c2lnbmF0dXJl&se=4102444800 |

  @BOTH-SAS-08
  Rule: An unsupported option is refused

    @construction
    Scenario Outline: An invented option
      When a <identity> client is made from a SAS token with:
        | colour | blue |
      Then the call fails with TypeError

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-SAS-09
  Rule: The life of tokens is not an option of this factory

    @construction
    Scenario Outline: sastokenTtl
      When a <identity> client is made from a SAS token with:
        | sastokenTtl | 100 |
      Then the call fails with TypeError

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
