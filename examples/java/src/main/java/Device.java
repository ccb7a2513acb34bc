import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import com.microsoft.azure.sdk.iot.device.IotHubMessageResult;
import com.microsoft.azure.sdk.iot.device.Message;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.device.twin.TwinCollection;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** A device: telemetry, its twin, a direct method, a message from the cloud. */
public final class Device {
    public static void main(String[] args) throws Exception {
        CountDownLatch rebooted = new CountDownLatch(1);
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch configured = new CountDownLatch(1);
        AtomicReference<Integer> interval = new AtomicReference<>();

        DeviceClient client = new DeviceClient(System.getenv("IOTHUB_DEVICE_CONNECTION_STRING"), IotHubClientProtocol.MQTT);
        client.open(true);
        client.subscribeToMethods((name, payload, context) -> {
            System.out.println("method " + name + " " + payload.getPayloadAsJsonElement());
            rebooted.countDown();
            return new DirectMethodResponse(200, java.util.Map.of("rebooting", true));
        }, null);
        client.setMessageCallback((message, context) -> {
            System.out.println("message from the cloud: " + new String(message.getBytes()));
            told.countDown();
            return IotHubMessageResult.COMPLETE;
        }, null);
        client.subscribeToDesiredProperties((twin, context) -> {
            Object value = twin.getDesiredProperties().get("interval");
            if (value instanceof Number) interval.compareAndSet(null, ((Number) value).intValue());
            if (interval.get() != null) configured.countDown();
        }, null);

        Message message = new Message("{\"temperature\":21.5}");
        message.setContentType("application/json");
        message.setContentEncoding("utf-8");
        message.setProperty("alert", "false");
        client.sendEvent(message);
        System.out.println("telemetry sent");

        // A patch may have come before the subscription, so the device reads the whole twin once.
        Object value = client.getTwin().getDesiredProperties().get("interval");
        if (value instanceof Number && interval.compareAndSet(null, ((Number) value).intValue())) configured.countDown();
        await(configured);
        System.out.println("desired interval " + interval.get());
        TwinCollection reported = new TwinCollection();
        reported.put("interval", interval.get());
        client.updateReportedProperties(reported);

        await(rebooted);
        await(told);
        client.close();
        System.out.println("device: done");
        System.exit(0);
    }

    private static void await(CountDownLatch latch) throws Exception {
        if (!latch.await(60, TimeUnit.SECONDS)) throw new IllegalStateException("the back end has not called");
    }
}
