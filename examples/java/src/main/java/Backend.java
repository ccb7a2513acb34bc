import com.azure.messaging.eventhubs.EventHubClientBuilder;
import com.azure.messaging.eventhubs.EventHubConsumerAsyncClient;
import com.microsoft.azure.sdk.iot.service.messaging.IotHubServiceClientProtocol;
import com.microsoft.azure.sdk.iot.service.messaging.Message;
import com.microsoft.azure.sdk.iot.service.messaging.MessagingClient;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodRequestOptions;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodsClient;
import com.microsoft.azure.sdk.iot.service.twin.Twin;
import com.microsoft.azure.sdk.iot.service.twin.TwinClient;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A back end: reads events, sets desired properties, calls a method, sends a message to the device. */
public final class Backend {
    public static void main(String[] args) throws Exception {
        String hub = System.getenv("IOTHUB_CONNECTION_STRING");
        String deviceId = System.getenv("IOTHUB_DEVICE_CONNECTION_STRING").replaceAll(".*DeviceId=([^;]*).*", "$1");

        // Events of the Event Hubs-compatible endpoint, from the first one on.
        CountDownLatch measured = new CountDownLatch(1);
        EventHubConsumerAsyncClient reader = new EventHubClientBuilder()
            .connectionString(System.getenv("EVENTHUB_CONNECTION_STRING"))
            .consumerGroup(EventHubClientBuilder.DEFAULT_CONSUMER_GROUP_NAME)
            .buildAsyncConsumerClient();
        reader.receive(true).subscribe(event -> {
            String body = event.getData().getBodyAsString();
            System.out.println("event of " + event.getData().getSystemProperties().get("iothub-connection-device-id") + " " + body);
            if (body.contains("temperature")) measured.countDown();
        });
        if (!measured.await(60, TimeUnit.SECONDS)) throw new IllegalStateException("no telemetry");
        reader.close();

        Twin twin = new Twin(deviceId);
        twin.getDesiredProperties().put("interval", 5);
        new TwinClient(hub).patch(twin);

        DirectMethodRequestOptions options = DirectMethodRequestOptions.builder()
            .payload(Map.of("delay", 1))
            .methodConnectTimeoutSeconds(30)
            .build();
        DirectMethodResponse answer = new DirectMethodsClient(hub).invoke(deviceId, "reboot", options);
        System.out.println("method answered " + answer.getStatus() + " " + answer.getPayloadAsJsonElement());

        MessagingClient messages = new MessagingClient(hub, IotHubServiceClientProtocol.AMQPS);
        messages.open();
        messages.send(deviceId, new Message("hello from the cloud"));
        messages.close();
        System.out.println("back end: done");
        System.exit(0);
    }
}
