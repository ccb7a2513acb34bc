/*
 * A driver: gives your client to the conformance suite. Every call that is not written yet answers `unsupported`.
 *
 *     cc -std=c11 -Wall -o driver driver.c && npx iot-hub-conformance driver check -- ./driver
 *
 * One JSON object per line on stdin and stdout; stderr is free text. docs/driver-authors.md describes verbs, capabilities
 * and events. A driver is thin: it does not retry, cache or reorder. The few fields below are found by their names; with
 * a JSON library of your own, use that.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Claim what your client has: the suite judges only that. */
static const char HELLO[] =
    "{\"protocol\":1,\"implementation\":{\"name\":\"my-client\",\"version\":\"0.1.0\",\"language\":\"c\"},"
    "\"capabilities\":[\"identity.device\",\"auth.symmetric-key\",\"transport.mqtt\",\"tls.custom-ca\",\"connection\",\"telemetry\"],"
    "\"clock\":\"real\"}";

#define LARGEST_LINE (1 << 20)
static char line[LARGEST_LINE];

/* Copies the text of a field; an empty text when there is none. */
static void text_of(const char *name, char *to, size_t size) {
    char wanted[64];
    to[0] = '\0';
    snprintf(wanted, sizeof wanted, "\"%s\":\"", name);
    const char *at = strstr(line, wanted);
    if (at == NULL) return;
    at += strlen(wanted);
    size_t length = 0;
    while (at[length] != '\0' && at[length] != '"' && length + 1 < size) {
        to[length] = at[length];
        length++;
    }
    to[length] = '\0';
}

static long id_of(void) {
    const char *at = strstr(line, "\"id\":");
    return at == NULL ? 0 : strtol(at + 5, NULL, 10);
}

static void ok(const char *json) {
    printf("{\"id\":%ld,\"ok\":%s}\n", id_of(), json);
}

static void unsupported(const char *what) {
    printf("{\"id\":%ld,\"unsupported\":{\"reason\":\"%s is not written yet\"}}\n", id_of(), what);
}

/* kind: argument, argumentType, credential, connectionFailed, timeout, ... other */
static void failed(const char *kind, const char *message) {
    printf("{\"id\":%ld,\"error\":{\"kind\":\"%s\",\"native\":{\"type\":\"error\",\"message\":\"%s\"}}}\n", id_of(), kind, message);
}

static void create(void) {
    char kind[32], factory[32], given[1024];
    text_of("kind", kind, sizeof kind);
    text_of("factory", factory, sizeof factory);
    text_of("connectionString", given, sizeof given);
    if (strcmp(kind, "device") != 0 || strcmp(factory, "connectionString") != 0)
        unsupported("a client of this kind and factory");
    else if (strstr(given, "HostName=") == NULL || strstr(given, "DeviceId=") == NULL ||
             strstr(given, "SharedAccessKey=") == NULL)
        failed("argument", "the connection string lacks something");
    else
        /* Your client here: dial endpoint.host and endpoint.mqttPort, check the certificate against the host name of the
         * connection string, trust options.serverVerificationCert (PEM). */
        ok("null");
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        char verb[32];
        text_of("do", verb, sizeof verb);
        if (strcmp(verb, "hello") == 0) ok(HELLO);
        else if (strcmp(verb, "create") == 0) create();
        else if (strcmp(verb, "destroy") == 0) ok("null");
        else if (strcmp(verb, "stop") == 0) {
            ok("null");
            return 0;
        } else
            unsupported(verb);
    }
    return 0;
}
