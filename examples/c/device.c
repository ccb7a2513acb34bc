/* A device: telemetry, its twin, a direct method, a message from the cloud, a file upload; libmosquitto and OpenSSL. */
#include <mosquitto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "iothub.h"

static iothub_identity device;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
/* What has happened; subscribed and acknowledged count. */
static int connected, subscribed, acknowledged, rebooted, told, got_twin, interval, reported;

static void happened(int *what, int value) {
  pthread_mutex_lock(&mutex);
  *what = value;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static void wait_for(int *what, int least, const char *name) {
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += 30;
  pthread_mutex_lock(&mutex);
  while (*what < least) {
    if (pthread_cond_timedwait(&changed, &mutex, &end) == 0) continue;
    fprintf(stderr, "there is no %s\n", name);
    exit(1);
  }
  pthread_mutex_unlock(&mutex);
}

static void on_connect(struct mosquitto *client, void *data, int code) {
  (void)client, (void)data;
  check(code == 0, mosquitto_connack_string(code));
  happened(&connected, 1);
}

static void on_subscribe(struct mosquitto *client, void *data, int id, int count, const int *granted) {
  (void)client, (void)data, (void)id, (void)granted;
  happened(&subscribed, subscribed + count);
}

static void on_publish(struct mosquitto *client, void *data, int id) {
  (void)client, (void)data, (void)id;
  happened(&acknowledged, acknowledged + 1);
}

static void configure(const cJSON *desired) {
  const cJSON *value = cJSON_GetObjectItemCaseSensitive(desired, "interval");
  if (cJSON_IsNumber(value)) happened(&interval, value->valueint);
}

static int begins(const char *topic, const char *with) { return strncmp(topic, with, strlen(with)) == 0; }

static void on_message(struct mosquitto *client, void *data, const struct mosquitto_message *message) {
  (void)data;
  const char *topic = message->topic;
  cJSON *json = cJSON_ParseWithLength(message->payload, message->payloadlen);
  if (begins(topic, "$iothub/twin/res/200/")) {
    configure(cJSON_GetObjectItemCaseSensitive(json, "desired"));
    happened(&got_twin, 1);
  } else if (begins(topic, "$iothub/twin/res/204/")) {
    happened(&reported, 1);
  } else if (begins(topic, "$iothub/twin/PATCH/properties/desired/")) {
    configure(json);
  } else if (begins(topic, "$iothub/methods/POST/")) {
    const char *name = topic + strlen("$iothub/methods/POST/"), *rid = strstr(topic, "$rid=");
    printf("method %.*s %.*s\n", (int)strcspn(name, "/"), name, message->payloadlen, (char *)message->payload);
    char *answer = text("$iothub/methods/res/200/?%s", rid);
    const char *body = "{\"rebooting\":true}";
    mosquitto_publish(client, NULL, answer, (int)strlen(body), body, 0, false);
    free(answer);
    happened(&rebooted, 1);
  } else {
    printf("message from the cloud: %.*s\n", message->payloadlen, (char *)message->payload);
    happened(&told, 1);
  }
  cJSON_Delete(json);
}

static void publish(struct mosquitto *client, const char *topic, const char *body, int qos) {
  check(mosquitto_publish(client, NULL, topic, (int)strlen(body), body, qos, false) == 0, "publish");
}

/* A file: the hub names the blob, the storage takes it, the hub is told. */
static void upload(const char *token) {
  char *files = text("https://%s/devices/%s/files", device.host, device.device);
  char *url = text("%s?api-version=2021-04-12", files);
  cJSON *place = iothub_request("POST", url, token, "{\"blobName\":\"log.txt\"}");
#define FIELD(name) cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(place, name))
  char *blob = text("https://%s/%s/%s%s", FIELD("hostName"), FIELD("containerName"), FIELD("blobName"), FIELD("sasToken"));
  cJSON_Delete(iothub_request("PUT", blob, NULL, "a line of the log\n"));
  char *notify = text("%s/notifications?api-version=2021-04-12", files);
  char *body = text("{\"correlationId\":\"%s\",\"isSuccess\":true,\"statusCode\":200}", FIELD("correlationId"));
  cJSON_Delete(iothub_request("POST", notify, token, body));
  cJSON_Delete(place);
  free(files), free(url), free(blob), free(notify), free(body);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  iothub_identity_init(&device, getenv("IOTHUB_DEVICE_CONNECTION_STRING"));
  char *token = iothub_sas_get_password(&device, 3600), *user = iothub_get_user_name(&device);

  mosquitto_lib_init();
  struct mosquitto *client = mosquitto_new(device.device, false, NULL);
  mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
  mosquitto_username_pw_set(client, user, token);
  mosquitto_tls_set(client, getenv("SSL_CERT_FILE"), NULL, NULL, NULL, NULL);
  mosquitto_connect_callback_set(client, on_connect);
  mosquitto_subscribe_callback_set(client, on_subscribe);
  mosquitto_publish_callback_set(client, on_publish);
  mosquitto_message_callback_set(client, on_message);
  int failed = mosquitto_connect(client, device.host, 8883, 60);
  check(failed == 0, mosquitto_strerror(failed));
  mosquitto_loop_start(client);
  wait_for(&connected, 1, "CONNACK");

  /* Telemetry: properties stand in the topic, percent-encoded. */
  char *events = text("devices/%s/messages/events/$.ct=application%%2Fjson&$.ce=utf-8&alert=false", device.device);
  publish(client, events, "{\"temperature\":21.5}", 1);
  wait_for(&acknowledged, 1, "PUBACK");
  puts("telemetry sent");

  char *devicebound = text("devices/%s/messages/devicebound/#", device.device);
  char *topics[] = {"$iothub/twin/res/#", "$iothub/twin/PATCH/properties/desired/#", "$iothub/methods/POST/#", devicebound};
  mosquitto_subscribe_multiple(client, NULL, 4, topics, 1, 0, NULL);
  wait_for(&subscribed, 4, "SUBACK");

  /* The twin: a patch may have come before the subscription, so the device reads the whole twin once. */
  publish(client, "$iothub/twin/GET/?$rid=1", "", 0);
  wait_for(&got_twin, 1, "twin");
  upload(token);
  puts("file uploaded");
  wait_for(&interval, 1, "desired interval");
  printf("desired interval %d\n", interval);
  char *patch = text("{\"interval\":%d}", interval);
  publish(client, "$iothub/twin/PATCH/properties/reported/?$rid=2", patch, 0);
  wait_for(&reported, 1, "answer to the patch");

  wait_for(&rebooted, 1, "method");
  wait_for(&told, 1, "message from the cloud");
  mosquitto_disconnect(client);
  mosquitto_loop_stop(client, false);
  mosquitto_destroy(client);
  mosquitto_lib_cleanup();
  free(token), free(user), free(events), free(devicebound), free(patch);
  puts("device: done");
}
