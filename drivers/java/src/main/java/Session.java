import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.microsoft.azure.sdk.iot.device.*;
import com.microsoft.azure.sdk.iot.device.transport.IotHubConnectionStatus;
import com.microsoft.azure.sdk.iot.device.twin.*;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** One client, with the application that listens to it. */
final class Session {
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
        Driver.say(line);
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
                    tell("message", Values.messageOf(message), 1);
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
                    data.add("patch", Values.sectionOf(twin.getDesiredProperties()));
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
