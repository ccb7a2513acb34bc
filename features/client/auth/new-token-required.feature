@sut:client
Feature: Asking the application for a new SAS token
  The client is responsible for asking in time when only the application can sign.
  https://learn.microsoft.com/python/api/azure-iot-device/azure.iot.device.iothubdeviceclient#on-new-sastoken-required

  @BOTH-ONSAS-01 @clock
  Rule: The handler is called when the client needs a new SAS token

    Scenario Outline: A token near its end
      Given a SAS token of the <identity> that lives 125 seconds
      And a connected <identity> client from a SAS token with:
        | sastoken | {freshToken} |
      And the application listens for the need for a new token
      When 6 seconds pass
      Then the application is told of the need for a new token 1 time

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-ONSAS-02 @clock
  Rule: That is two minutes before the token expires

    Scenario Outline: <after> after it was made
      Given a SAS token of the <identity> that lives 125 seconds
      And a connected <identity> client from a SAS token with:
        | sastoken | {freshToken} |
      And the application listens for the need for a new token
      When <after> pass
      Then the application is told of the need for a new token <times>

      @identity:device
      Examples: device client
        | identity | after     | times   |
        | device   | 4 seconds | 0 times |
        | device   | 5 seconds | 1 time  |

      @identity:module
      Examples: module client
        | identity | after     | times   |
        | module   | 4 seconds | 0 times |
        | module   | 5 seconds | 1 time  |

  @BOTH-ONSAS-03 @clock
  Rule: On Windows a token that lives longer is due after 49 days, and nowhere else

    Scenario Outline: Sixty days
      Given a SAS token of the <identity> that lives 60 days
      And a connected <identity> client from a SAS token with:
        | sastoken | {freshToken} |
      And the application listens for the need for a new token
      When it disconnects and this succeeds
      Then it is told of the need for a new token after 49 days on Windows, elsewhere 2 minutes before the end

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-ONSAS-04 @clock
  Rule: Clients that sign for themselves renew by themselves and ask nobody

    Scenario Outline: Two minutes before the end
      Given a connected <identity> client with:
        | sastokenTtl | 300 |
      And the application listens for the need for a new token
      When 4 minutes pass
      Then the last 2 connection attempts are 3 minutes apart
      And CONNECT holds:
        | token life | 300 |
      And the application is told of the need for a new token 0 times

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-ONSAS-05 @clock
  Rule: The new token can be given from inside the handler

    Scenario Outline: A token from inside the handler
      Given a connected <identity> client from a SAS token
      And a SAS token of the <identity> that lives 1 day
      And the application gives the token "{freshToken}" when asked
      When 59 minutes pass
      Then the hub has seen 2 connection attempts
      And CONNECT holds:
        | token | {freshToken} |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-ONSAS-06 @clock
  Rule: The handler takes no argument

    Scenario Outline: The argument of the handler
      Given a SAS token of the <identity> that lives 125 seconds
      And a connected <identity> client from a SAS token with:
        | sastoken | {freshToken} |
      And the application listens for the need for a new token
      When 6 seconds pass
      Then the application is told of the need for a new token with:
        | argumentCount | 0 |

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |

  @BOTH-ONSAS-07 @clock
  Rule: The handler may be a coroutine

    Scenario Outline: A coroutine
      Given a SAS token of the <identity> that lives 125 seconds
      And a connected <identity> client from a SAS token with:
        | sastoken | {freshToken} |
      And the application listens with a coroutine for the need for a new token
      When 6 seconds pass
      Then the application is told of the need for a new token 1 time

      @identity:device
      Examples: device client
        | identity |
        | device   |

      @identity:module
      Examples: module client
        | identity |
        | module   |
