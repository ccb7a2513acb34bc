/* A back end: reads events, sets desired properties, calls a method, sends a message to the device. */
#include <proton/codec.h>
#include <proton/connection.h>
#include <proton/delivery.h>
#include <proton/link.h>
#include <proton/message.h>
#include <proton/proactor.h>
#include <proton/sasl.h>
#include <proton/session.h>
#include <proton/ssl.h>
#include <proton/transport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iothub.h"

static iothub_identity hub, device;

static void show(pn_delivery_t *delivery, int *measured) {
  size_t size = pn_delivery_pending(delivery);
  char *bytes = malloc(size);
  check(bytes != NULL && pn_link_recv(pn_delivery_link(delivery), bytes, size) == (ssize_t)size, "no message");
  pn_message_t *message = pn_message();
  check(pn_message_decode(message, bytes, size) == 0, "an event that is no AMQP message");
  pn_data_t *body = pn_message_body(message);
  pn_data_next(body);
  pn_bytes_t data = pn_data_get_binary(body);
  printf("event %.*s\n", (int)data.size, data.start);
  if (memmem(data.start, data.size, "temperature", strlen("temperature")) != NULL) *measured = 1;
  pn_message_free(message);
  free(bytes);
}

/* Events of the Event Hubs-compatible endpoint, from the first one on: a receiver for each partition, over AMQP. */
static void read_until_measured(const iothub_identity *events, const char *entity, const char *ca) {
  pn_connection_t *connection = pn_connection();
  pn_connection_set_hostname(connection, events->host);
  pn_connection_set_user(connection, events->policy);
  pn_connection_set_password(connection, events->key);
  pn_transport_t *transport = pn_transport();
  pn_ssl_domain_t *tls = pn_ssl_domain(PN_SSL_MODE_CLIENT);
  check(pn_ssl_domain_set_trusted_ca_db(tls, ca) == 0, "the CA cannot be read");
  check(pn_ssl_domain_set_peer_authentication(tls, PN_SSL_VERIFY_PEER_NAME, ca) == 0, "no verification of certificates");
  pn_ssl_init(pn_ssl(transport), tls, NULL);
  pn_ssl_set_peer_hostname(pn_ssl(transport), events->host);
  pn_sasl_allowed_mechs(pn_sasl(transport), "PLAIN");
  pn_proactor_t *proactor = pn_proactor();
  char address[512];
  pn_proactor_addr(address, sizeof address, events->host, "5671");
  pn_proactor_connect2(proactor, connection, transport, address);
  pn_proactor_set_timeout(proactor, 30000);

  int measured = 0;
  while (!measured) {
    pn_event_batch_t *batch = pn_proactor_wait(proactor);
    for (pn_event_t *event; (event = pn_event_batch_next(batch)) != NULL;) {
      switch (pn_event_type(event)) {
        case PN_CONNECTION_INIT: {
          pn_session_t *session = pn_session(connection);
          pn_connection_open(connection);
          pn_session_open(session);
          for (int partition = 0; partition < 4; partition++) {
            char *source = text("%s/ConsumerGroups/$Default/Partitions/%d", entity, partition);
            pn_link_t *link = pn_receiver(session, source);
            pn_terminus_set_address(pn_link_source(link), source);
            pn_link_open(link);
            pn_link_flow(link, 100);
            free(source);
          }
          break;
        }
        case PN_DELIVERY: {
          pn_delivery_t *delivery = pn_event_delivery(event);
          if (!pn_delivery_readable(delivery) || pn_delivery_partial(delivery)) break;
          show(delivery, &measured);
          pn_delivery_update(delivery, PN_ACCEPTED);
          pn_delivery_settle(delivery);
          break;
        }
        case PN_TRANSPORT_ERROR:
          check(0, pn_condition_get_description(pn_transport_condition(pn_event_transport(event))));
          break;
        case PN_LINK_REMOTE_CLOSE:
          check(0, pn_condition_get_description(pn_link_remote_condition(pn_event_link(event))));
          break;
        case PN_PROACTOR_TIMEOUT:
          check(0, "no telemetry");
          break;
        default:
          break;
      }
    }
    pn_proactor_done(proactor, batch);
  }
  pn_proactor_free(proactor);
  pn_ssl_domain_free(tls);
}

/* A request to the service's REST API. */
static cJSON *call(const char *method, const char *path, const char *body) {
  char *url = text("https://%s/twins/%s%s?api-version=2021-04-12", hub.host, device.device, path);
  char *token = iothub_sas_get_password(&hub, 3600);
  cJSON *answer = iothub_request(method, url, token, body);
  free(url), free(token);
  return answer;
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  iothub_identity_init(&hub, getenv("IOTHUB_CONNECTION_STRING"));
  iothub_identity_init(&device, getenv("IOTHUB_DEVICE_CONNECTION_STRING"));

  /* Endpoint=sb://HOST/;SharedAccessKeyName=…;SharedAccessKey=…;EntityPath=… */
  const char *connection_string = getenv("EVENTHUB_CONNECTION_STRING");
  iothub_identity events;
  iothub_identity_init(&events, connection_string);
  check(sscanf(connection_string, "Endpoint=sb://%255[^/]", events.host) == 1, "no Endpoint");
  read_until_measured(&events, strstr(connection_string, "EntityPath=") + strlen("EntityPath="), getenv("SSL_CERT_FILE"));

  cJSON_Delete(call("PATCH", "", "{\"properties\":{\"desired\":{\"interval\":5}}}"));
  cJSON *answer = call("POST", "/methods", "{\"methodName\":\"reboot\",\"payload\":{\"delay\":1},\"connectTimeoutInSeconds\":30}");
  char *shown = cJSON_PrintUnformatted(answer);
  printf("method answered %s\n", shown);
  free(shown);
  cJSON_Delete(answer);

  /* The service takes messages to devices over AMQP only, the control API of the mock over HTTP. */
  char *url = text("%s/devices/%s/messages", getenv("MOCK_IOT_HUB_CONTROL_URL"), device.device);
  cJSON_Delete(iothub_request("POST", url, NULL, "{\"body\":\"hello from the cloud\"}"));
  free(url);
  puts("back end: done");
}
