/* Tests that start a hub of their own, on a loopback address of its own: clients dial port 8883. */
#include <mosquitto.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "iothub.h"

static pid_t hub_process;
static const char *control;
static iothub_identity device;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int connections, refusals, losses, acknowledged;
/* How long tokens live, in seconds. A token of the same second and life would be the same token. */
static atomic_int life = 3600;

static const char *or_default(const char *name, const char *value) {
  const char *set = getenv(name);
  return set == NULL ? value : set;
}

/* The first line that a hub prints describes it. */
static cJSON *start_hub(void) {
  int ends[2];
  check(pipe(ends) == 0, "no pipe");
  char *command = text("exec %s --json --listen %s --mqtt-port 8883 --control-port 0 --no-amqp --device thermostat",
                       or_default("MOCK_IOT_HUB", "npx mock-iot-hub"), or_default("EXAMPLE_ADDRESS", "127.0.0.2"));
  hub_process = fork();
  if (hub_process == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
  }
  close(ends[1]);
  static char line[65536];
  check(fgets(line, sizeof line, fdopen(ends[0], "r")) != NULL, "no hub");
  free(command);
  return cJSON_Parse(line);
}

static void stop_hub(void) {
  kill(hub_process, SIGTERM);
  waitpid(hub_process, NULL, 0);
}

static cJSON *ask(const char *method, const char *path, const char *body) {
  char *url = text("%s%s", control, path);
  cJSON *answer = iothub_request(method, url, NULL, body);
  free(url);
  return answer;
}

static void count(int *what) {
  pthread_mutex_lock(&mutex);
  ++*what;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static void wait_for(int *what, int least, const char *name) {
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += 30;
  pthread_mutex_lock(&mutex);
  while (*what < least) check(pthread_cond_timedwait(&changed, &mutex, &end) == 0, name);
  pthread_mutex_unlock(&mutex);
}

static void on_connect(struct mosquitto *client, void *data, int code) {
  (void)client, (void)data;
  count(code == 0 ? &connections : &refusals);
}

static void on_disconnect(struct mosquitto *client, void *data, int code) {
  (void)data;
  if (code == 0) return;
  /* libmosquitto connects again by itself, with this token: the old one may have expired. */
  char *token = iothub_sas_get_password(&device, life), *user = iothub_get_user_name(&device);
  mosquitto_username_pw_set(client, user, token);
  free(token), free(user);
  count(&losses);
}

static void on_publish(struct mosquitto *client, void *data, int id) {
  (void)client, (void)data, (void)id;
  count(&acknowledged);
}

static void send_event(struct mosquitto *client, const char *body) {
  char *topic = text("devices/%s/messages/events/", device.device);
  check(mosquitto_publish(client, NULL, topic, (int)strlen(body), body, 1, false) == 0, "publish");
  free(topic);
}

static int has_event(const char *body) {
  cJSON *message, *all = ask("GET", "/telemetry", NULL);
  int found = 0;
  cJSON_ArrayForEach(message, all) {
    const char *is = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(message, "body"));
    found += is != NULL && strcmp(is, body) == 0;
  }
  cJSON_Delete(all);
  return found;
}

int main(void) {
  cJSON *hub = start_hub();
  atexit(stop_hub);
  control = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(hub, "controlUrl"));
  const char *ca = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(hub, "caPath"));
  cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(hub, "devices"), 0);
  iothub_identity_init(&device, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(first, "connectionString")));

  mosquitto_lib_init();
  struct mosquitto *client = mosquitto_new(device.device, false, NULL);
  char *token = iothub_sas_get_password(&device, life), *user = iothub_get_user_name(&device);
  mosquitto_username_pw_set(client, user, token);
  free(token), free(user);
  mosquitto_tls_set(client, ca, NULL, NULL, NULL, NULL);
  mosquitto_reconnect_delay_set(client, 0, 1, false);
  mosquitto_connect_callback_set(client, on_connect);
  mosquitto_disconnect_callback_set(client, on_disconnect);
  mosquitto_publish_callback_set(client, on_publish);
  check(mosquitto_connect(client, device.host, 8883, 60) == 0, "no connection");
  mosquitto_loop_start(client);
  wait_for(&connections, 1, "no CONNACK");

  /* Telemetry survives a connection that breaks instead of an acknowledgement. */
  cJSON *fault = ask("POST", "/faults", "{\"name\":\"mqtt.puback.close\"}");
  send_event(client, "hello");
  wait_for(&losses, 1, "the connection has not broken");
  wait_for(&acknowledged, 1, "the message was not sent again");
  char *path = text("/faults/%s", cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(fault, "id")));
  cJSON *after = ask("GET", path, NULL);
  check(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(after, "fired")) == 1, "the fault has not fired");
  check(has_event("hello") >= 1, "hello is lost"); /* QoS 1: at least once */
  free(path);
  puts("ok: telemetry survives a lost acknowledgement");

  /* A device whose token expires comes back with a new one. */
  life = 7200;
  cJSON_Delete(ask("POST", "/devices/thermostat/expire-token", ""));
  wait_for(&losses, 2, "the hub has not closed the connection");
  wait_for(&connections, 3, "the new token is refused");
  send_event(client, "back again");
  wait_for(&acknowledged, 2, "no acknowledgement after the new token");
  check(has_event("back again") == 1, "back again is lost");
  puts("ok: a device whose token expires comes back with a new one");

  /* A device whose clock is four hours late is refused, until its tokens live longer. */
  cJSON_Delete(ask("POST", "/clock/offset", "{\"by\":\"4h\"}")); /* the hub's clock, not the device's */
  wait_for(&refusals, 1, "a token that has expired is accepted");
  life = 5 * 3600;
  wait_for(&connections, 4, "the new token is refused");
  puts("ok: a device whose clock is late is refused, and comes back with a token that lives longer");

  mosquitto_disconnect(client);
  mosquitto_loop_stop(client, false);
  mosquitto_destroy(client);
  mosquitto_lib_cleanup();
  cJSON_Delete(after), cJSON_Delete(fault), cJSON_Delete(hub);
}
