@sut:client
Feature: Handlers in a long life
  The client is responsible for calling the handler that was set last, and that one alone, whatever the connection does.

  @BOTH-ONPATCH-01 @BOTH-BGEXC-01
  Rule: A handler takes the place of the one before

    Scenario Outline: The application of the <identity> sets another one for desired properties
      Given a connected <identity> client
      And the application listens for background exceptions
      And the application fails at desired properties
      And the application listens for desired properties
      When the back end changes the desired properties 2 times at once
      Then the application is told of desired properties 2 times
      And the application is told of background exceptions 0 times

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |

  @BOTH-ONMETH-01 @clock
  Rule: A handler that was taken away and set again while the connection was lost is called

    # That a handler can be taken away is a matter of a language.
    @fault:tcp @python-api
    Scenario Outline: The application of the <identity> changes its mind twice
      Given a connected <identity> client
      And the application listens for method requests
      When the connection is cut
      And the application stops listening for method requests
      And the application listens for method requests
      And 1 second passes
      And the back end calls the method "after"
      Then the application is told of method requests 1 time

      @identity:device
      Examples: device
        | identity |
        | device   |

      @identity:module
      Examples: module
        | identity |
        | module   |
