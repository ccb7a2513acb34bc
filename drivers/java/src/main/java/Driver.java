import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.microsoft.azure.sdk.iot.device.*;
import com.microsoft.azure.sdk.iot.device.edge.DirectMethodRequest;
import com.microsoft.azure.sdk.iot.device.twin.*;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The official Java device SDK (iot-device-client) behind the driver protocol of the suite: one JSON object per line on stdin
 * and stdout. It is thin: one call of the suite is one call of the SDK; what the SDK lacks is `unsupported`.
 */
public final class Driver {
    private static final Gson GSON = new GsonBuilder().serializeNulls().create();
    private static final Map<String, Session> SESSIONS = new ConcurrentHashMap<>();
    private static final String HELLO = "{\"protocol\":1,\"implementation\":{\"name\":\"iot-device-client\",\"version\":\"2.5.0\","
        + "\"language\":\"java\",\"issues\":\"https://github.com/Azure/azure-iot-sdk-java/issues\"},\"capabilities\":["
        + "\"identity.device\",\"identity.module\",\"auth.sas.renewable\",\"auth.symmetric-key\",\"transport.mqtt\",\"transport.mqtt-ws\",\"tls.custom-ca\","
        + "\"telemetry\",\"telemetry.output\",\"c2d\",\"methods\",\"methods.invoke\",\"twin.get\",\"twin.reported\",\"twin.desired\",\"input\","
        + "\"file-upload\",\"connection\",\"connection.retry\",\"connection.state-events\",\"connection.keep-alive\",\"lifecycle\",\"model-id\"],"
        + "\"limits\":{\"dottedHost\":true},\"idioms\":{\"twin\":\"needs-desired\"},\"clock\":\"real\"}";

    private interface Call {
        JsonElement run(Session session, JsonObject request) throws Exception;
    }

    private static void create(JsonObject request) throws Exception {
        if (!"connectionString".equals(request.get("factory").getAsString())) throw new Unsupported("the driver makes clients from connection strings alone");
        JsonObject endpoint = request.getAsJsonObject("endpoint");
        if (endpoint != null) Redirect.leadTo(endpoint.get("mqttPort").getAsInt(), endpoint.get("httpsPort").getAsInt());
        ClientOptions.ClientOptionsBuilder builder = ClientOptions.builder();
        IotHubClientProtocol protocol = IotHubClientProtocol.MQTT;
        for (Map.Entry<String, JsonElement> option : request.getAsJsonObject("options").entrySet()) {
            JsonElement value = option.getValue();
            switch (option.getKey()) {
                case "serverVerificationCert": builder.sslContext(trusting(value.getAsString())); break;
                case "keepAlive": builder.keepAliveInterval(value.getAsInt()); break;
                case "sastokenTtl": builder.sasTokenExpiryTime(value.getAsLong()); break;
                case "modelId": builder.modelId(value.getAsString()); break;
                case "websockets": if (value.getAsBoolean()) protocol = IotHubClientProtocol.MQTT_WS; break;
                default: throw new Unsupported("the SDK has no option like " + option.getKey());
            }
        }
        String connectionString = request.getAsJsonObject("arguments").get("connectionString").getAsString();
        InternalClient client = "device".equals(request.get("kind").getAsString())
            ? new DeviceClient(connectionString, protocol, builder.build())
            : new ModuleClient(connectionString, protocol, builder.build());
        String name = request.get("session").getAsString();
        SESSIONS.put(name, new Session(name, client));
    }

    private static SSLContext trusting(String pem) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null);
        store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8))));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLSv1.2");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static final Map<String, Call> VERBS = Map.ofEntries(
        Map.entry("connect", (s, of) -> { s.client.open(false); return null; }),
        Map.entry("disconnect", (s, of) -> { s.client.close(); return null; }),
        Map.entry("sendTelemetry", (s, of) -> { s.client.sendEvent(Values.messageFrom(of.getAsJsonObject("message"))); return null; }),
        Map.entry("sendOutput", (s, of) -> {
            if (!(s.client instanceof ModuleClient)) throw new Unsupported("only module clients have outputs");
            ((ModuleClient) s.client).sendEvent(Values.messageFrom(of.getAsJsonObject("message")), of.get("output").getAsString());
            return null;
        }),
        Map.entry("getTwin", (s, of) -> {
            Twin twin = s.client.getTwin();
            JsonObject sections = new JsonObject();
            sections.add("desired", Values.sectionOf(twin.getDesiredProperties()));
            sections.add("reported", Values.sectionOf(twin.getReportedProperties()));
            return sections;
        }),
        Map.entry("patchReported", (s, of) -> {
            if (of.has("unwritable")) throw new Unsupported("the SDK takes anything that is an object");
            TwinCollection patch = new TwinCollection();
            for (Map.Entry<String, JsonElement> entry : of.getAsJsonObject("patch").entrySet()) patch.put(entry.getKey(), GSON.fromJson(entry.getValue(), Object.class));
            s.client.updateReportedProperties(patch);
            return null;
        }),
        Map.entry("uploadInfo", (s, of) -> {
            if (!(s.client instanceof DeviceClient)) throw new Unsupported("only device clients upload files");
            FileUploadSasUriResponse where = ((DeviceClient) s.client).getFileUploadSasUri(new FileUploadSasUriRequest(of.get("blobName").getAsString()));
            JsonObject info = new JsonObject();
            info.addProperty("correlationId", where.getCorrelationId());
            info.addProperty("hostName", where.getHostName());
            info.addProperty("containerName", where.getContainerName());
            info.addProperty("blobName", where.getBlobName());
            info.addProperty("sasToken", where.getSasToken());
            return info;
        }),
        Map.entry("notifyUpload", (s, of) -> {
            if (!(s.client instanceof DeviceClient)) throw new Unsupported("only device clients upload files");
            FileUploadCompletionNotification done = new FileUploadCompletionNotification(of.get("correlationId").getAsString(),
                of.get("isSuccess").getAsBoolean(), of.get("statusCode").getAsInt(), of.get("statusDescription").getAsString());
            ((DeviceClient) s.client).completeFileUpload(done);
            return null;
        }),
        Map.entry("invokeMethod", (s, of) -> {
            if (!(s.client instanceof ModuleClient)) throw new Unsupported("only module clients call methods");
            JsonObject given = of.getAsJsonObject("params");
            DirectMethodRequest call = new DirectMethodRequest(given.get("methodName").getAsString(), given.has("payload") ? given.get("payload") : null);
            String deviceId = of.get("deviceId").getAsString();
            ModuleClient module = (ModuleClient) s.client;
            var result = of.has("moduleId") ? module.invokeMethod(deviceId, of.get("moduleId").getAsString(), call) : module.invokeMethod(deviceId, call);
            JsonObject answer = new JsonObject();
            answer.addProperty("status", result.getStatus());
            answer.add("payload", result.getPayloadAsJsonElement());
            return answer;
        }),
        Map.entry("handle", (s, of) -> { s.handle(of); return null; }),
        Map.entry("release", (s, of) -> { s.released.countDown(); return null; }),
        Map.entry("sync", (s, of) -> null),
        Map.entry("state", (s, of) -> {
            JsonObject state = new JsonObject();
            state.addProperty("connected", s.connected);
            state.add("handlers", GSON.toJsonTree(s.behaviours.keySet()));
            return state;
        }));

    private static JsonElement perform(JsonObject request) throws Exception {
        String verb = request.get("do").getAsString();
        if ("hello".equals(verb)) return JsonParser.parseString(HELLO);
        if ("create".equals(verb)) {
            create(request);
            return null;
        }
        if (!request.has("session")) throw new Unsupported("the SDK has nothing like " + verb);
        if ("destroy".equals(verb)) {
            Session ended = SESSIONS.remove(request.get("session").getAsString());
            if (ended != null) {
                ended.released.countDown();
                ended.client.close();
            }
            return null;
        }
        Call call = VERBS.get(verb);
        if (call == null) throw new Unsupported("the SDK has nothing like " + verb);
        return call.run(SESSIONS.get(request.get("session").getAsString()), request);
    }

    private static void answer(JsonObject request) {
        JsonObject reply = new JsonObject();
        reply.add("id", request.get("id"));
        Thread beating = new Thread(() -> beat(request));
        beating.setDaemon(true);
        beating.start();
        try {
            JsonElement ok = perform(request);
            reply.add("ok", ok == null ? JsonNull.INSTANCE : ok);
        } catch (Unsupported error) {
            JsonObject unsupported = new JsonObject();
            unsupported.addProperty("reason", error.getMessage());
            reply.add("unsupported", unsupported);
        } catch (Throwable error) {
            reply.add("error", Values.errorOf(error));
        }
        beating.interrupt();
        say(reply);
    }

    /** Sends heartbeats during a call. */
    private static void beat(JsonObject request) {
        String line = "{\"event\":\"heartbeat\",\"session\":\"" + (request.has("session") ? request.get("session").getAsString() : "-") + "\",\"seq\":1,\"data\":{}}";
        try {
            while (true) {
                TimeUnit.SECONDS.sleep(2);
                say(JsonParser.parseString(line).getAsJsonObject());
            }
        } catch (InterruptedException over) {
            // answered
        }
    }

    static synchronized void say(JsonObject line) {
        System.out.println(GSON.toJson(line));
        System.out.flush();
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonObject request = JsonParser.parseString(line).getAsJsonObject();
            if ("stop".equals(request.get("do").getAsString())) {
                say(JsonParser.parseString("{\"id\":" + request.get("id") + ",\"ok\":null}").getAsJsonObject());
                break;
            }
            Thread thread = new Thread(() -> answer(request));
            thread.setDaemon(true);
            thread.start();
            thread.join(10); // calls reach the SDK in the order of the requests
        }
        Runtime.getRuntime().halt(0);
    }
}
