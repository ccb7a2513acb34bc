/* What IoT Hub asks of a client: connection strings, tokens, HTTPS. azure-sdk-for-c makes the same texts. */
#ifndef IOTHUB_H
#define IOTHUB_H

#include <cjson/cJSON.h>

typedef struct {
  char host[256], device[129], policy[65], key[129];
} iothub_identity;

/* Reads HostName, DeviceId, SharedAccessKeyName and SharedAccessKey. */
void iothub_identity_init(iothub_identity *identity, const char *connection_string);

/* A token of a device or of a policy, as az_iot_hub_client_sas_get_signature and _get_password make it. Free it. */
char *iothub_sas_get_password(const iothub_identity *identity, long seconds);

/* "host/device/?api-version=…", as az_iot_hub_client_get_user_name makes it. Free it. */
char *iothub_get_user_name(const iothub_identity *identity);

/* A request; token may be NULL. Ends the program unless the answer is 2xx. Returns its body as JSON or NULL; delete it. */
cJSON *iothub_request(const char *method, const char *url, const char *token, const char *body);

/* printf into a new text. Free it. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the program with a message unless something holds. */
void check(int holds, const char *what);

#endif
