import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.microsoft.azure.sdk.iot.device.ClientOptions;
import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import com.microsoft.azure.sdk.iot.device.Message;
import com.microsoft.azure.sdk.iot.device.exceptions.IotHubClientException;
import com.microsoft.azure.sdk.iot.device.transport.IotHubConnectionStatus;
import com.microsoft.azure.sdk.iot.device.transport.NoRetry;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests that start a hub of their own, on a loopback address of its own: the SDK dials port 8883. */
class HubTest {
    private static Process process;
    private static JsonObject hub;
    private static ClientOptions trusting;

    @BeforeAll
    static void startHub() throws Exception {
        String command = Optional.ofNullable(System.getenv("MOCK_IOT_HUB")).orElse("npx mock-iot-hub");
        String address = Optional.ofNullable(System.getenv("EXAMPLE_ADDRESS")).orElse("127.0.0.2");
        String flags = " --json --listen " + address + " --mqtt-port 8883 --control-port 0 --no-amqp --device thermostat";
        process = new ProcessBuilder("sh", "-c", "exec " + command + flags)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
        BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream()));
        String first = output.readLine(); // describes the hub
        assertNotNull(first, "no hub: " + command + flags);
        hub = JsonParser.parseString(first).getAsJsonObject();
        Thread rest = new Thread(() -> output.lines().forEach(line -> { }));
        rest.setDaemon(true);
        rest.start();
        trusting = ClientOptions.builder().sslContext(trust(hub.get("caPath").getAsString())).build();
    }

    @AfterAll
    static void stopHub() throws Exception {
        process.toHandle().destroy(); // Process.destroy would close its output too, under the thread that reads it
        process.waitFor();
    }

    @BeforeEach
    void reset() throws Exception {
        control("POST", "/reset", "");
    }

    @Test
    void telemetrySurvivesAConnectionThatBreaksInsteadOfAnAcknowledgement() throws Exception {
        DeviceClient client = new DeviceClient(connectionString(), IotHubClientProtocol.MQTT, trusting);
        client.open(true);
        JsonElement fault = control("POST", "/faults", "{\"name\":\"mqtt.puback.close\"}");
        client.sendEvent(new Message("hello")); // the SDK connects again and sends it again
        client.close();
        String id = fault.getAsJsonObject().get("id").getAsString();
        assertEquals(1, control("GET", "/faults/" + id, "").getAsJsonObject().get("fired").getAsInt());
        assertTrue(hasTelemetry("hello")); // QoS 1: at least once
    }

    @Test
    void anApplicationWithItsOwnTokensComesBackWithANewOne() throws Exception {
        CountDownLatch lost = new CountDownLatch(1);
        CountDownLatch back = new CountDownLatch(1);
        long[] life = {3600};
        // The SDK asks for a token whenever it connects.
        DeviceClient client = withTokens(() -> life[0]);
        client.setConnectionStatusChangeCallback(change -> {
            if (change.getNewStatus() == IotHubConnectionStatus.DISCONNECTED_RETRYING) lost.countDown();
            if (change.getNewStatus() == IotHubConnectionStatus.CONNECTED && lost.getCount() == 0) back.countDown();
        }, null);
        client.open(true);
        life[0] = 7200;
        control("POST", "/devices/thermostat/expire-token", "");
        assertTrue(lost.await(30, TimeUnit.SECONDS), "the hub has not closed the connection");
        assertTrue(back.await(60, TimeUnit.SECONDS), "the new token is refused");
        client.sendEvent(new Message("back again"));
        client.close();
        assertTrue(hasTelemetry("back again"));
    }

    @Test
    void aDeviceWhoseClockIsTwoHoursLateIsRefused() throws Exception {
        control("POST", "/clock/offset", "{\"by\":\"2h\"}"); // the hub's clock, not the device's
        DeviceClient late = withTokens(() -> 3600);
        late.setRetryPolicy(new NoRetry());
        assertThrows(IotHubClientException.class, () -> late.open(false));
        String why = control("GET", "/explain/last", "").toString();
        assertTrue(why.contains("clock is 2h ahead of the system clock"), why);

        DeviceClient renewed = withTokens(() -> 3 * 3600);
        renewed.open(true);
        renewed.close();
    }

    private static String connectionString() {
        return hub.getAsJsonArray("devices").get(0).getAsJsonObject().get("connectionString").getAsString();
    }

    private static String part(String name) {
        return connectionString().replaceAll("(^|.*;)" + name + "=([^;]*).*", "$2");
    }

    private interface Life {
        long seconds();
    }

    /** A client whose tokens the application makes, by the device's key. */
    private static DeviceClient withTokens(Life life) {
        String host = part("HostName");
        String device = part("DeviceId");
        return new DeviceClient(host, device, () -> token(host + "/devices/" + device, life.seconds()), IotHubClientProtocol.MQTT, trusting);
    }

    private static char[] token(String resource, long lifeSeconds) {
        try {
            String scope = URLEncoder.encode(resource, StandardCharsets.UTF_8);
            long expiry = Instant.now().getEpochSecond() + lifeSeconds;
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(part("SharedAccessKey")), "HmacSHA256"));
            byte[] signature = mac.doFinal((scope + "\n" + expiry).getBytes(StandardCharsets.UTF_8));
            String encoded = URLEncoder.encode(Base64.getEncoder().encodeToString(signature), StandardCharsets.UTF_8);
            return ("SharedAccessSignature sr=" + scope + "&sig=" + encoded + "&se=" + expiry).toCharArray();
        } catch (java.security.GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static boolean hasTelemetry(String body) throws Exception {
        JsonArray messages = control("GET", "/telemetry", "").getAsJsonArray();
        for (JsonElement message : messages) {
            if (message.getAsJsonObject().get("body").getAsString().equals(body)) return true;
        }
        return false;
    }

    private static JsonElement control(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(hub.get("controlUrl").getAsString() + path))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertTrue(answer.statusCode() < 300, method + " " + path + ": " + answer.body());
        return JsonParser.parseString(answer.body());
    }

    /** Java reads no PEM file by itself: a trust store with the CA of the hub. */
    private static SSLContext trust(String caPath) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null);
        try (FileInputStream pem = new FileInputStream(caPath)) {
            int number = 0;
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                store.setCertificateEntry("ca" + number++, certificate);
            }
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
