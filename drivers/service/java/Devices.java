import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.microsoft.azure.sdk.iot.device.ClientOptions;
import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.FileUploadCompletionNotification;
import com.microsoft.azure.sdk.iot.device.FileUploadSasUriRequest;
import com.microsoft.azure.sdk.iot.device.FileUploadSasUriResponse;
import com.microsoft.azure.sdk.iot.device.InternalClient;
import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import com.microsoft.azure.sdk.iot.device.IotHubMessageResult;
import com.microsoft.azure.sdk.iot.device.IotHubStatusCode;
import com.microsoft.azure.sdk.iot.device.Message;
import com.microsoft.azure.sdk.iot.device.ModuleClient;
import com.microsoft.azure.sdk.iot.device.MultiplexingClient;
import com.microsoft.azure.sdk.iot.device.exceptions.IotHubClientException;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.device.twin.TwinCollection;
import com.microsoft.azure.sdk.iot.service.messaging.AcknowledgementType;
import com.microsoft.azure.sdk.iot.service.messaging.DeliveryAcknowledgement;
import com.microsoft.azure.sdk.iot.service.messaging.FeedbackStatusCode;
import com.microsoft.azure.sdk.iot.service.messaging.FileUploadNotificationProcessorClient;
import com.microsoft.azure.sdk.iot.service.messaging.IotHubServiceClientProtocol;
import com.microsoft.azure.sdk.iot.service.messaging.MessageFeedbackProcessorClient;
import com.microsoft.azure.sdk.iot.service.messaging.MessagingClient;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodRequestOptions;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodsClient;
import com.microsoft.azure.sdk.iot.service.registry.Device;
import com.microsoft.azure.sdk.iot.service.registry.DeviceStatus;
import com.microsoft.azure.sdk.iot.service.registry.Module;
import com.microsoft.azure.sdk.iot.service.registry.RegistryClient;
import com.microsoft.azure.sdk.iot.service.twin.Twin;
import com.microsoft.azure.sdk.iot.service.twin.TwinClient;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Calls of the official Java device SDK (iot-device-client) over each of its five transports to the hub of
 * IOTHUB_CONNECTION_STRING, with the service SDK (iot-service-client) at the other end: AMQP, and AMQP over WebSocket for
 * devices that use WebSocket.
 */
public final class Devices {
    private static final RegistryClient REGISTRY = new RegistryClient(Rows.HUB);
    private static final TwinClient TWINS = new TwinClient(Rows.HUB);
    private static final DirectMethodsClient METHODS = new DirectMethodsClient(Rows.HUB);
    private static final Map<IotHubClientProtocol, String> NAMES = Map.of(
        IotHubClientProtocol.MQTT, "MQTT", IotHubClientProtocol.MQTT_WS, "MQTT over WebSocket",
        IotHubClientProtocol.AMQPS, "AMQP", IotHubClientProtocol.AMQPS_WS, "AMQP over WebSocket",
        IotHubClientProtocol.HTTPS, "HTTPS");

    private static final int ANSWER_MS = 4_000;

    private final IotHubClientProtocol protocol;
    private final String area;
    private final String deviceId;
    /** Twins and methods are not to be had over HTTPS. */
    private final boolean twins;
    private final IotHubServiceClientProtocol service;

    private Devices(IotHubClientProtocol protocol) {
        this.protocol = protocol;
        area = "iot-device-client, " + NAMES.get(protocol);
        deviceId = "java-" + protocol.name().toLowerCase().replace('_', '-');
        twins = protocol != IotHubClientProtocol.HTTPS;
        service = protocol == IotHubClientProtocol.MQTT_WS || protocol == IotHubClientProtocol.AMQPS_WS
            ? IotHubServiceClientProtocol.AMQPS_WS : IotHubServiceClientProtocol.AMQPS;
    }

    public static void main(String[] arguments) throws Exception {
        Rows.trustHub();
        for (IotHubClientProtocol each : new IotHubClientProtocol[] {IotHubClientProtocol.MQTT, IotHubClientProtocol.MQTT_WS,
            IotHubClientProtocol.AMQPS, IotHubClientProtocol.AMQPS_WS, IotHubClientProtocol.HTTPS}) new Devices(each).all();
        System.exit(0);
    }

    private void all() throws Exception {
        String device = connectionString(REGISTRY.addDevice(new Device(deviceId)).getPrimaryKey(), null);
        // Over HTTPS the SDK asks every 25 minutes for messages unless it is told otherwise.
        DeviceClient client = new DeviceClient(device, protocol, ClientOptions.builder().receiveInterval(100).build());
        Rows.row(area, "open", () -> client.open(false));
        telemetry(client, null);
        if (protocol == IotHubClientProtocol.HTTPS) Rows.row(area, "sendEvents", () -> { // it has batches over HTTPS alone
            client.sendEvents(List.of(new Message(deviceId + " many 1"), new Message(deviceId + " many 2")));
            for (int each = 1; each <= 2; each++) arrived(deviceId + " many " + each);
        });
        messages(client);
        if (twins) {
            twin(client, null);
            method(client, null);
        }
        upload(client);
        Rows.row(area, "close", client::close);
        module();
        refusals();
        if (protocol == IotHubClientProtocol.AMQPS || protocol == IotHubClientProtocol.AMQPS_WS) multiplexed();
    }

    private String connectionString(String key, String moduleId) {
        String module = moduleId == null ? "" : ";ModuleId=" + moduleId;
        return "HostName=" + Rows.HOST + ";DeviceId=" + deviceId + module + ";SharedAccessKey=" + key;
    }

    private static JsonObject arrived(String text) throws Exception {
        String body = Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
        for (JsonElement each : Rows.telemetry()) {
            JsonObject message = each.getAsJsonObject();
            if (message.toString().contains(body) || message.toString().contains(text)) return message;
        }
        throw new IllegalStateException("the hub has no message " + text);
    }

    /** @param output of a module; null: a device. */
    private void telemetry(InternalClient client, String output) {
        Rows.row(area, output == null ? "sendEvent" : "module: sendEvent to an output", () -> {
            String text = deviceId + (output == null ? " one" : " out");
            Message message = new Message(text);
            message.setMessageId("m-1");
            message.setCorrelationId("c-1");
            message.setContentType("text/plain");
            message.setContentEncoding("utf-8");
            message.setProperty("colour", "blue & cream/1");
            if (output == null) client.sendEvent(message);
            else ((ModuleClient) client).sendEvent(message, output);
            JsonObject seen = arrived(text);
            JsonObject system = seen.getAsJsonObject("system");
            Rows.equal("blue & cream/1", seen.getAsJsonObject("properties").get("colour").getAsString());
            Rows.equal("m-1", system.get("messageId").getAsString());
            Rows.equal("c-1", system.get("correlationId").getAsString());
            Rows.equal("text/plain", system.get("contentType").getAsString());
            Rows.equal("utf-8", system.get("contentEncoding").getAsString());
        });
    }

    private void messages(DeviceClient client) throws Exception {
        String name = "iot-service-client, " + (service == IotHubServiceClientProtocol.AMQPS ? "AMQP" : "AMQP over WebSocket")
            + ", device on " + NAMES.get(protocol);
        MessagingClient sender = new MessagingClient(Rows.HUB, service);
        Rows.row(name, "open", () -> sender.open());
        List<Message> got = new ArrayList<>();
        CountDownLatch received = new CountDownLatch(1);
        client.setMessageCallback((message, context) -> {
            got.add(message);
            received.countDown();
            return IotHubMessageResult.COMPLETE;
        }, null);
        Rows.row(name, "send, which the device receives and completes", () -> {
            var message = new com.microsoft.azure.sdk.iot.service.messaging.Message("hello");
            message.setMessageId("c2d-1");
            message.setCorrelationId("k-1");
            message.setDeliveryAcknowledgement(DeliveryAcknowledgement.Full);
            message.setProperties(new java.util.HashMap<>(Map.of("room", "a & b")));
            sender.send(deviceId, message);
            Rows.happens(received, "the message");
            Rows.equal("hello", new String(got.get(0).getBytes(), StandardCharsets.UTF_8));
            Rows.equal("c2d-1", got.get(0).getMessageId());
            Rows.equal("a & b", got.get(0).getProperty("room"));
            if (twins) Rows.equal("k-1", got.get(0).getCorrelationId());
        });
        Rows.row(name, "MessageFeedbackProcessorClient", () -> {
            CountDownLatch told = new CountDownLatch(1);
            var feedback = new MessageFeedbackProcessorClient(Rows.HUB, service, batch -> {
                boolean ours = batch.getRecords().stream().anyMatch(record -> record.getDeviceId().equals(deviceId)
                    && record.getOriginalMessageId().equals("c2d-1") && record.getStatusCode() == FeedbackStatusCode.success);
                if (ours) told.countDown();
                return AcknowledgementType.COMPLETE;
            });
            feedback.start();
            Rows.eventually(() -> TWINS.get(deviceId).getCloudToDeviceMessageCount(), count -> count == null || count == 0);
            Rows.wind("1m");
            Rows.happens(told, "the feedback");
            feedback.stop();
        });
        Rows.row(name, "send to a device that is not there: IotHubNotFoundException", () -> {
            try {
                sender.send("nobody", new com.microsoft.azure.sdk.iot.service.messaging.Message("x"));
            } catch (com.microsoft.azure.sdk.iot.service.exceptions.IotHubNotFoundException expected) {
                return;
            }
            throw new IllegalStateException("it was sent");
        });
        Rows.row(name, "close", () -> sender.close());
    }

    /** The SDKs read a number as an integer or as a double. */
    private static boolean isNumber(int expected, Object value) {
        return value instanceof Number && ((Number) value).doubleValue() == expected;
    }

    /**
     * The SDK loses an answer when its receiving thread is done with it before its network thread has told the caller
     * (`IotHubTransport.onMessageReceived`, `acknowledgeReceivedMessage`), so a request without an answer is made again.
     */
    private static <T> T answered(Rows.Call<T> request) throws Exception {
        for (int left = 4; ; left--) {
            try {
                return request.run();
            } catch (IotHubClientException error) {
                if (left == 0 || error.getStatusCode() != IotHubStatusCode.DEVICE_OPERATION_TIMED_OUT) throw error;
            }
        }
    }

    private static com.microsoft.azure.sdk.iot.device.twin.Twin twinOf(InternalClient client) throws Exception {
        return answered(() -> client.getTwin(ANSWER_MS));
    }

    private void twin(InternalClient client, String moduleId) {
        String of = moduleId == null ? "" : "module: ";
        Twin target = moduleId == null ? new Twin(deviceId) : new Twin(deviceId, moduleId);
        Rows.row(area, of + "subscribeToDesiredProperties, getTwin", () -> {
            CountDownLatch changed = new CountDownLatch(1);
            client.subscribeToDesiredProperties((twin, context) -> {
                if (isNumber(2, twin.getDesiredProperties().get("fan"))) changed.countDown();
            }, null);
            target.getDesiredProperties().put("fan", 2);
            TWINS.patch(target);
            Rows.happens(changed, "the patch");
            Rows.holds(isNumber(2, twinOf(client).getDesiredProperties().get("fan")), "the twin has not changed");
        });
        Rows.row(area, of + "updateReportedProperties", () -> {
            TwinCollection patch = new TwinCollection();
            patch.put("level", 7);
            answered(() -> client.updateReportedProperties(patch, ANSWER_MS));
            Twin seen = moduleId == null ? TWINS.get(deviceId) : TWINS.get(deviceId, moduleId);
            Rows.holds(isNumber(7, seen.getReportedProperties().get("level")), "the twin has not changed");
            Rows.holds(isNumber(7, twinOf(client).getReportedProperties().get("level")), "the device does not see it");
        });
    }

    private void method(InternalClient client, String moduleId) {
        Rows.row(area, (moduleId == null ? "" : "module: ") + "subscribeToMethods", () -> {
            client.subscribeToMethods((name, payload, context) -> new DirectMethodResponse(207, payload.getPayloadAsJsonElement()), null);
            var options = DirectMethodRequestOptions.builder().payload(Map.of("unit", "C")).methodConnectTimeoutSeconds(10).build();
            var answer = moduleId == null ? METHODS.invoke(deviceId, "measure", options) : METHODS.invoke(deviceId, moduleId, "measure", options);
            Rows.equal(207, answer.getStatus());
            Rows.equal("{\"unit\":\"C\"}", answer.getPayloadAsJsonElement().toString());
        });
    }

    private void upload(DeviceClient client) {
        Rows.row(area, "getFileUploadSasUri, completeFileUpload; FileUploadNotificationProcessorClient", () -> {
            FileUploadSasUriResponse where = client.getFileUploadSasUri(new FileUploadSasUriRequest("notes.txt"));
            HttpURLConnection blob = (HttpURLConnection) where.getBlobUri().toURL().openConnection();
            blob.setRequestMethod("PUT");
            blob.setDoOutput(true);
            blob.setRequestProperty("x-ms-blob-type", "BlockBlob");
            blob.getOutputStream().write("notes".getBytes(StandardCharsets.UTF_8));
            Rows.equal(201, blob.getResponseCode());
            client.completeFileUpload(new FileUploadCompletionNotification(where.getCorrelationId(), true, 200, "done"));
            CountDownLatch told = new CountDownLatch(1);
            var notices = new FileUploadNotificationProcessorClient(Rows.HUB, service, notice -> {
                if (notice.getDeviceId().equals(deviceId) && notice.getBlobSizeInBytes() == 5) told.countDown();
                return AcknowledgementType.COMPLETE;
            });
            notices.start();
            Rows.happens(told, "the notice");
            notices.stop();
        });
    }

    /** Modules have MQTT and AMQP, and HTTPS only at an edge device. */
    private void module() throws Exception {
        if (!twins) return;
        String key = REGISTRY.addModule(new Module(deviceId, "mod")).getPrimaryKey();
        ModuleClient client = new ModuleClient(connectionString(key, "mod"), protocol);
        Rows.row(area, "module: open", () -> client.open(false));
        telemetry(client, "out");
        twin(client, "mod");
        method(client, "mod");
        Rows.row(area, "module: message from the cloud", () -> {
            CountDownLatch received = new CountDownLatch(1);
            client.setMessageCallback((message, context) -> {
                received.countDown();
                return IotHubMessageResult.COMPLETE;
            }, null);
            // The answer to this later request shows that the subscription of the callback has reached the hub.
            twinOf(client);
            MessagingClient sender = new MessagingClient(Rows.HUB, service);
            sender.open();
            sender.send(deviceId, "mod", new com.microsoft.azure.sdk.iot.service.messaging.Message("to a module"));
            Rows.happens(received, "the message");
            sender.close();
        });
        Rows.row(area, "module: close", client::close);
    }

    /** Refusals: what a user of the SDK sees. */
    private void refusals() throws Exception {
        String wrong = Base64.getEncoder().encodeToString(new byte[32]);
        Device disabled = new Device(deviceId + "-disabled");
        disabled.setStatus(DeviceStatus.Disabled);
        String key = REGISTRY.addDevice(disabled).getPrimaryKey();
        // CONNACK 5 is one code whatever the cause; of a status the SDK makes the code of its number, and 403 is a quota to it.
        boolean amqp = protocol == IotHubClientProtocol.AMQPS || protocol == IotHubClientProtocol.AMQPS_WS;
        refused("a wrong key", connectionString(wrong, null), IotHubStatusCode.UNAUTHORIZED);
        String nobody = "HostName=" + Rows.HOST + ";DeviceId=nobody;SharedAccessKey=" + wrong;
        boolean found = protocol == IotHubClientProtocol.MQTT || protocol == IotHubClientProtocol.MQTT_WS;
        refused("an unknown device", nobody, found ? IotHubStatusCode.UNAUTHORIZED : IotHubStatusCode.NOT_FOUND);
        String off = "HostName=" + Rows.HOST + ";DeviceId=" + disabled.getDeviceId() + ";SharedAccessKey=" + key;
        IotHubStatusCode disabledCode = amqp ? IotHubStatusCode.NOT_FOUND : IotHubStatusCode.UNAUTHORIZED;
        refused("a disabled device", off, twins ? disabledCode : IotHubStatusCode.QUOTA_EXCEEDED);
    }

    private void refused(String what, String connectionString, IotHubStatusCode code) {
        Rows.row(area, "open with " + what + ": " + code, () -> {
            DeviceClient client = new DeviceClient(connectionString, protocol);
            try {
                client.open(false);
                client.sendEvent(new Message("x")); // over HTTPS the first request is the first to be refused
            } catch (IotHubClientException refusal) {
                Rows.equal(code, refusal.getStatusCode());
                return;
            } finally {
                client.close();
            }
            throw new IllegalStateException("it was let in");
        });
    }

    private void multiplexed() throws Exception {
        MultiplexingClient many = new MultiplexingClient(Rows.HOST, protocol);
        List<DeviceClient> clients = new ArrayList<>();
        for (int each = 1; each <= 3; each++) {
            String id = deviceId + "-many-" + each;
            String key = REGISTRY.addDevice(new Device(id)).getPrimaryKey();
            clients.add(new DeviceClient("HostName=" + Rows.HOST + ";DeviceId=" + id + ";SharedAccessKey=" + key, protocol));
        }
        Rows.row(area, "MultiplexingClient: three devices on one connection", () -> {
            many.registerDeviceClients(clients);
            many.open(false);
            for (int each = 0; each < clients.size(); each++) {
                clients.get(each).sendEvent(new Message(deviceId + " shared " + each));
                arrived(deviceId + " shared " + each);
            }
            many.unregisterDeviceClient(clients.get(0));
            clients.get(1).sendEvent(new Message(deviceId + " still there"));
            arrived(deviceId + " still there");
            many.close();
        });
    }
}
