import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A driver: gives your client to the conformance suite. Every call that is not written yet answers `unsupported`.
 *
 * One JSON object per line on stdin and stdout; stderr is free text. docs/driver-authors.md describes verbs,
 * capabilities and events. A driver is thin: it does not retry, cache or reorder.
 */
public final class Driver {
    // Claim what your client has: the suite judges only that.
    private static final String HELLO =
        "{\"protocol\":1,\"implementation\":{\"name\":\"my-client\",\"version\":\"0.1.0\",\"language\":\"java\"},"
            + "\"capabilities\":[\"identity.device\",\"auth.symmetric-key\",\"transport.mqtt\",\"tls.custom-ca\","
            + "\"connection\",\"telemetry\"],\"clock\":\"real\"}";
    private static final Map<String, Session> SESSIONS = new ConcurrentHashMap<>();

    /** The client cannot do this, or the driver cannot express it. */
    private static final class Unsupported extends Exception {
        Unsupported(String reason) {
            super(reason);
        }
    }

    /** Your client here, with its own sequence of events. */
    private static final class Session {
        private final String name;
        private int seq;

        Session(String name) {
            this.name = name;
        }

        synchronized void tell(String event, JsonObject data) {
            JsonObject line = new JsonObject();
            line.addProperty("event", event);
            line.addProperty("session", name);
            line.addProperty("seq", ++seq);
            line.add("data", data);
            say(line);
        }
    }

    private static synchronized void say(JsonObject line) {
        System.out.println(line);
        System.out.flush();
    }

    private static JsonElement create(JsonObject request) throws Exception {
        String kind = request.get("kind").getAsString();
        String factory = request.get("factory").getAsString();
        if (!kind.equals("device") || !factory.equals("connectionString"))
            throw new Unsupported(kind + " clients from " + factory);
        Set<String> options = request.getAsJsonObject("options").keySet();
        if (!Set.of("serverVerificationCert").containsAll(options)) throw new Unsupported("the options " + options);
        JsonElement text = request.getAsJsonObject("arguments").get("connectionString");
        if (text == null || !text.isJsonPrimitive()) throw new IllegalArgumentException("the connection string is no text");
        String given = text.getAsString();
        for (String part : new String[] {"HostName=", "DeviceId=", "SharedAccessKey="})
            if (!given.contains(part)) throw new IllegalArgumentException("the connection string lacks " + part);
        // Your client here: dial endpoint.host and endpoint.mqttPort, check the certificate against the host name of the
        // connection string, trust options.serverVerificationCert (PEM).
        String session = request.get("session").getAsString();
        SESSIONS.put(session, new Session(session));
        return JsonNull.INSTANCE;
    }

    private static JsonElement perform(JsonObject request) throws Exception {
        String verb = request.get("do").getAsString();
        switch (verb) {
            case "hello":
                return JsonParser.parseString(HELLO);
            case "create":
                return create(request);
            case "destroy":
                SESSIONS.remove(request.get("session").getAsString());
                return JsonNull.INSTANCE;
            case "connect":
            case "disconnect":
            case "sendTelemetry":
            case "state":
            case "handle":
                throw new Unsupported(verb + " is not written yet");
            default:
                throw new Unsupported(verb);
        }
    }

    private static void answer(JsonObject request) {
        JsonObject reply = new JsonObject();
        reply.add("id", request.get("id"));
        try {
            reply.add("ok", perform(request));
        } catch (Unsupported missing) {
            JsonObject why = new JsonObject();
            why.addProperty("reason", missing.getMessage());
            reply.add("unsupported", why);
        } catch (Exception error) {
            JsonObject of = new JsonObject();
            of.addProperty("type", error.getClass().getSimpleName());
            of.addProperty("message", String.valueOf(error.getMessage()));
            JsonObject failure = new JsonObject();
            failure.addProperty("kind", error instanceof IllegalArgumentException ? "argument" : "other");
            failure.add("native", of);
            reply.add("error", failure);
        }
        say(reply);
    }

    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonObject request = JsonParser.parseString(line).getAsJsonObject();
            if (request.get("do").getAsString().equals("stop")) {
                JsonObject reply = new JsonObject();
                reply.add("id", request.get("id"));
                reply.add("ok", JsonNull.INSTANCE);
                say(reply);
                System.exit(0);
            }
            // A call may take long: it has a thread of its own. The next one comes later, so that both reach the client in order.
            Thread thread = new Thread(() -> answer(request));
            thread.setDaemon(true);
            thread.start();
            thread.join(10);
        }
    }
}
