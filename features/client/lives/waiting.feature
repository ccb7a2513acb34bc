@sut:client @clock
Feature: What waits when the client leaves
  The client is responsible for every call that waits to end when nothing can come any more.
  No page says so of calls that receive or ask; the Python SDK ends what it publishes.

  @SRC-05
  Rule: A request whose answer is missing ends when the client disconnects

    @fault:mqtt
    Scenario Outline: The <identity> has asked for its twin
      Given a connected <identity> client
      And the hub is going to answer a twin request 30 seconds late
      When it asks for its twin
      And 1 second passes
      And it disconnects and this succeeds
      Then the call before fails with OperationCancelled
      When it asks for its twin
      Then the call gives:
        | reported.$version | 1 |

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

    @fault:mqtt
    Scenario Outline: The <identity> has patched its reported properties
      Given a connected <identity> client
      And the hub is going to answer a twin request 30 seconds late
      When it patches its reported properties
      And 1 second passes
      And it disconnects and this succeeds
      Then the call before fails with OperationCancelled

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-05
  Rule: What waits ends when the client is shut down

    @needs:lifecycle
    Scenario Outline: The <identity> waits for <what>
      Given a connected <identity> client
      When it waits for <what>
      And it shuts down and this succeeds
      Then the call before fails with OperationCancelled

      @identity:device
      Examples: device
        | identity | what                 |
        | device   | a message            |
        | device   | a method request     |
        | device   | the method "measure" |
        | device   | a desired patch      |

      @identity:module
      Examples: module
        | identity | what                 |
        | module   | an input message     |
        | module   | the method "measure" |
        | module   | a desired patch      |

    @needs:lifecycle @fault:mqtt
    Scenario Outline: The <identity> has asked for its twin
      Given a connected <identity> client
      And the hub is going to answer a twin request 30 seconds late
      When it asks for its twin
      And 1 second passes
      And it shuts down and this succeeds
      Then the call before fails with OperationCancelled

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @SRC-05
  Rule: A call that waits for a method ends when the client disconnects

    Scenario Outline: The <identity> waits for <what>
      Given a connected <identity> client
      When it waits for <what>
      And it disconnects and this succeeds
      Then the call before fails with OperationCancelled

      @identity:device
      Examples: device
        | identity | what                 |
        | device   | a method request     |
        | device   | the method "measure" |

      @identity:module
      Examples: module
        | identity | what                 |
        | module   | a method request     |
        | module   | the method "measure" |
        | module   | an input message     |
