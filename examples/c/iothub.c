#include "iothub.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void check(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "%s\n", what);
  exit(1);
}

char *text(const char *format, ...) {
  va_list values, again;
  va_start(values, format);
  va_copy(again, values);
  int length = vsnprintf(NULL, 0, format, values);
  char *made = malloc(length + 1);
  check(made != NULL, "no memory");
  vsnprintf(made, length + 1, format, again);
  va_end(values);
  va_end(again);
  return made;
}

static void part(const char *from, const char *name, char *to, size_t size) {
  for (const char *at = from; at != NULL; at = strchr(at, ';')) {
    if (*at == ';') at++;
    size_t length = strlen(name);
    if (strncmp(at, name, length) != 0 || at[length] != '=') continue;
    at += length + 1;
    snprintf(to, size, "%.*s", (int)strcspn(at, ";"), at);
    return;
  }
}

void iothub_identity_init(iothub_identity *identity, const char *connection_string) {
  check(connection_string != NULL, "there is no connection string: run this with `npx mock-iot-hub exec --`");
  memset(identity, 0, sizeof *identity);
  part(connection_string, "HostName", identity->host, sizeof identity->host);
  part(connection_string, "DeviceId", identity->device, sizeof identity->device);
  part(connection_string, "SharedAccessKeyName", identity->policy, sizeof identity->policy);
  part(connection_string, "SharedAccessKey", identity->key, sizeof identity->key);
}

static char *encoded(const char *plain) {
  char *made = curl_easy_escape(NULL, plain, 0);
  char *copy = text("%s", made);
  curl_free(made);
  return copy;
}

char *iothub_sas_get_password(const iothub_identity *identity, long seconds) {
  const char *device = identity->device;
  char *plain = *device ? text("%s/devices/%s", identity->host, device) : text("%s", identity->host);
  char *resource = encoded(plain);
  long expiry = (long)time(NULL) + seconds;
  char *signed_text = text("%s\n%ld", resource, expiry);

  unsigned char key[128], digest[EVP_MAX_MD_SIZE];
  unsigned int digest_length;
  char base64[64];
  int key_length = EVP_DecodeBlock(key, (const unsigned char *)identity->key, (int)strlen(identity->key));
  for (const char *end = identity->key + strlen(identity->key); end[-1] == '='; end--) key_length--;
  HMAC(EVP_sha256(), key, key_length, (unsigned char *)signed_text, strlen(signed_text), digest, &digest_length);
  EVP_EncodeBlock((unsigned char *)base64, digest, (int)digest_length);

  char *signature = encoded(base64);
  char *token = text("SharedAccessSignature sr=%s&sig=%s&se=%ld%s%s", resource, signature, expiry,
                     *identity->policy ? "&skn=" : "", identity->policy);
  free(plain), free(resource), free(signed_text), free(signature);
  return token;
}

char *iothub_get_user_name(const iothub_identity *identity) {
  return text("%s/%s/?api-version=2021-04-12", identity->host, identity->device);
}

struct answer {
  char *body;
  size_t length;
};

static size_t more(char *data, size_t size, size_t count, void *to) {
  struct answer *answer = to;
  answer->body = realloc(answer->body, answer->length + size * count + 1);
  check(answer->body != NULL, "no memory");
  memcpy(answer->body + answer->length, data, size * count);
  answer->length += size * count;
  answer->body[answer->length] = '\0';
  return size * count;
}

cJSON *iothub_request(const char *method, const char *url, const char *token, const char *body) {
  struct answer answer = {calloc(1, 1), 0};
  long status = 0;
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  headers = curl_slist_append(headers, "x-ms-blob-type: BlockBlob"); /* for the storage; the hub ignores it */
  char *authorization = token == NULL ? NULL : text("Authorization: %s", token);
  if (authorization != NULL) headers = curl_slist_append(headers, authorization);

  CURL *curl = curl_easy_init();
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  if (body != NULL) curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(curl, CURLOPT_CAINFO, getenv("SSL_CERT_FILE")); /* the command curl reads it, the library does not */
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, more);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  if (code != CURLE_OK || status < 200 || status > 299) {
    fprintf(stderr, "%s %s: %s, status %ld %s\n", method, url, curl_easy_strerror(code), status, answer.body);
    exit(1);
  }
  cJSON *json = cJSON_Parse(answer.body);
  free(answer.body), free(authorization);
  return json;
}
