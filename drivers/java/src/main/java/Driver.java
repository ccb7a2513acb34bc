import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.microsoft.azure.sdk.iot.device.*;
import com.microsoft.azure.sdk.iot.device.exceptions.IotHubClientException;
import com.microsoft.azure.sdk.iot.device.transport.IotHubConnectionStatus;
import com.microsoft.azure.sdk.iot.device.twin.*;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The official Java device SDK (iot-device-client) behind the driver protocol of the suite: one JSON object a line on stdin
 * and stdout. Thin on purpose: one call of the suite is one call of the SDK; what the SDK does not have is `unsupported`.
 */
public final class Driver {
    private static final Gson GSON = new GsonBuilder().serializeNulls().create();
    private static final Map<String, Session> SESSIONS = new ConcurrentHashMap<>();
    private static final String HELLO = "{\"protocol\":1,\"implementation\":{\"name\":\"iot-device-client\",\"version\":\"2.5.0\","
        + "\"language\":\"java\",\"issues\":\"https://github.com/Azure/azure-iot-sdk-java/issues\"},\"capabilities\":["
        + "\"identity.device\",\"identity.module\",\"auth.sas.renewable\",\"transport.mqtt\",\"transport.mqtt-ws\",\"tls.custom-ca\","
        + "\"telemetry\",\"telemetry.output\",\"c2d\",\"methods\",\"twin.get\",\"twin.reported\",\"twin.desired\",\"input\","
        + "\"file-upload\",\"connection\",\"connection.retry\",\"connection.state-events\",\"connection.keep-alive\",\"model-id\"],"
        + "\"limits\":{\"dottedHost\":true},\"clock\":\"real\"}";

    private static final class Unsupported extends Exception {
        Unsupported(String reason) {
            super(reason);
        }
    }

    private interface Call {
        JsonElement run(Session session, JsonObject request) throws Exception;
    }

    /** One client, with the application that listens to it. */
    private static final class Session {
        final String name;
        final InternalClient client;
        final AtomicInteger seq = new AtomicInteger();
        final Map<String, JsonObject> behaviours = new ConcurrentHashMap<>();
        final CountDownLatch released = new CountDownLatch(1);
        volatile boolean connected;

        Session(String name, InternalClient client) {
            this.name = name;
            this.client = client;
            client.setConnectionStatusChangeCallback(change -> {
                connected = change.getNewStatus() == IotHubConnectionStatus.CONNECTED;
                if (behaviours.containsKey("connectionState")) tell("connectionState", new JsonObject(), 0);
            }, null);
        }

        void tell(String event, JsonObject data, int argumentCount) {
            data.addProperty("argumentCount", argumentCount);
            data.addProperty("connected", connected);
            JsonObject line = new JsonObject();
            line.addProperty("event", event);
            line.addProperty("session", name);
            line.addProperty("seq", seq.incrementAndGet());
            line.add("data", data);
            say(line);
        }

        void work(String happening) {
            JsonObject behaviour = behaviours.getOrDefault(happening, new JsonObject());
            try {
                if (behaviour.has("hold")) released.await();
            } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
            }
            if (behaviour.has("fail")) throw new IllegalStateException("The application has failed");
        }

        void handle(JsonObject request) throws Exception {
            String happening = request.get("happening").getAsString();
            if (!"function".equals(request.get("kind").getAsString())) throw new Unsupported("the SDK knows functions alone");
            behaviours.put(happening, request.has("behaviour") ? request.getAsJsonObject("behaviour") : new JsonObject());
            switch (happening) {
                case "message":
                    MessageCallback received = (message, context) -> {
                        tell("message", messageOf(message), 1);
                        work("message");
                        return IotHubMessageResult.COMPLETE;
                    };
                    if (client instanceof DeviceClient) ((DeviceClient) client).setMessageCallback(received, null);
                    else ((ModuleClient) client).setMessageCallback(received, null);
                    break;
                case "method":
                    client.subscribeToMethods((method, payload, context) -> {
                        JsonObject data = new JsonObject();
                        data.addProperty("name", method);
                        data.add("payload", payload == null ? JsonNull.INSTANCE : payload.getPayloadAsJsonElement());
                        tell("method", data, 2);
                        work("method");
                        JsonObject answer = behaviours.get("method").getAsJsonObject("answer");
                        if (answer == null) return new DirectMethodResponse(200, null);
                        return new DirectMethodResponse(answer.get("status").getAsInt(), answer.get("payload"));
                    }, null);
                    break;
                case "desired":
                    client.subscribeToDesiredProperties((twin, context) -> {
                        JsonObject data = new JsonObject();
                        data.add("patch", sectionOf(twin.getDesiredProperties()));
                        tell("desired", data, 1);
                        work("desired");
                    }, null);
                    break;
                case "connectionState":
                    break;
                default:
                    throw new Unsupported("the SDK has no callback like " + happening);
            }
        }
    }

    private static JsonObject sectionOf(TwinCollection collection) {
        JsonObject section = collection.toJsonElement().getAsJsonObject();
        section.addProperty("$version", collection.getVersion());
        return section;
    }

    private static JsonObject messageOf(Message message) {
        JsonObject data = new JsonObject();
        data.addProperty("text", new String(message.getBytes(), StandardCharsets.UTF_8));
        data.addProperty("isBytes", true);
        if (message.getMessageId() != null) data.addProperty("messageId", message.getMessageId());
        if (message.getCorrelationId() != null) data.addProperty("correlationId", message.getCorrelationId());
        if (message.getUserId() != null) data.addProperty("userId", message.getUserId());
        if (message.getContentType() != null) data.addProperty("contentType", message.getContentType());
        if (message.getContentEncoding() != null) data.addProperty("contentEncoding", message.getContentEncoding());
        if (message.getInputName() != null) data.addProperty("inputName", message.getInputName());
        JsonObject properties = new JsonObject();
        for (MessageProperty property : message.getProperties()) properties.addProperty(property.getName(), property.getValue());
        data.add("properties", properties);
        return data;
    }

    private static Message messageFrom(JsonObject given) throws Unsupported {
        if (given.has("as") && !"message".equals(given.get("as").getAsString())) throw new Unsupported("the SDK takes messages alone");
        Message message = new Message(Base64.getDecoder().decode(given.get("body").getAsString()));
        if (given.has("messageId")) message.setMessageId(given.get("messageId").getAsString());
        if (given.has("correlationId")) message.setCorrelationId(given.get("correlationId").getAsString());
        if (given.has("userId")) message.setUserId(given.get("userId").getAsString());
        if (given.has("contentType")) message.setContentType(given.get("contentType").getAsString());
        if (given.has("contentEncoding")) message.setContentEncoding(given.get("contentEncoding").getAsString());
        JsonArray properties = given.has("properties") ? given.getAsJsonArray("properties") : new JsonArray();
        for (JsonElement pair : properties) {
            JsonElement value = pair.getAsJsonArray().get(1);
            message.setProperty(pair.getAsJsonArray().get(0).getAsString(), value.isJsonNull() ? null : value.getAsString());
        }
        return message;
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
        Map.entry("sendTelemetry", (s, of) -> { s.client.sendEvent(messageFrom(of.getAsJsonObject("message"))); return null; }),
        Map.entry("sendOutput", (s, of) -> {
            if (!(s.client instanceof ModuleClient)) throw new Unsupported("only module clients have outputs");
            ((ModuleClient) s.client).sendEvent(messageFrom(of.getAsJsonObject("message")), of.get("output").getAsString());
            return null;
        }),
        Map.entry("getTwin", (s, of) -> {
            Twin twin = s.client.getTwin();
            JsonObject sections = new JsonObject();
            sections.add("desired", sectionOf(twin.getDesiredProperties()));
            sections.add("reported", sectionOf(twin.getReportedProperties()));
            return sections;
        }),
        Map.entry("patchReported", (s, of) -> {
            if (of.has("unwritable")) throw new Unsupported("the SDK takes anything that is an object");
            TwinCollection patch = new TwinCollection();
            for (Map.Entry<String, JsonElement> entry : of.getAsJsonObject("patch").entrySet()) patch.put(entry.getKey(), GSON.fromJson(entry.getValue(), Object.class));
            s.client.updateReportedProperties(patch);
            return null;
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

    private static JsonObject errorOf(Throwable error) {
        String kind = "other";
        if (error instanceof IotHubClientException) {
            IotHubStatusCode status = ((IotHubClientException) error).getStatusCode();
            switch (status) {
                case UNAUTHORIZED: kind = "credential"; break;
                case IO_ERROR: kind = "connectionFailed"; break;
                case MESSAGE_CANCELLED_ONCLOSE: kind = "cancelled"; break;
                case DEVICE_OPERATION_TIMED_OUT: case MESSAGE_EXPIRED: kind = "timeout"; break;
                default: kind = "clientInternal";
            }
        } else if (error instanceof IllegalArgumentException) kind = "argument";
        else if (error instanceof IllegalStateException) kind = "noConnection";
        else if (error instanceof NullPointerException || error instanceof ClassCastException) kind = "argumentType";
        JsonObject nativeError = new JsonObject();
        nativeError.addProperty("type", error.getClass().getSimpleName());
        nativeError.addProperty("message", String.valueOf(error.getMessage()));
        JsonObject described = new JsonObject();
        described.addProperty("kind", kind);
        described.add("native", nativeError);
        return described;
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
            reply.add("error", errorOf(error));
        }
        beating.interrupt();
        say(reply);
    }

    /** Signs of life while a call is under way. */
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

    private static synchronized void say(JsonObject line) {
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
            thread.join(10); // calls reach the SDK in the order in which they were asked for
        }
        Runtime.getRuntime().halt(0);
    }
}
