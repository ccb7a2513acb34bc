import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.FileUploadCompletionNotification;
import com.microsoft.azure.sdk.iot.device.FileUploadSasUriRequest;
import com.microsoft.azure.sdk.iot.device.FileUploadSasUriResponse;
import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import com.microsoft.azure.sdk.iot.device.IotHubMessageResult;
import com.microsoft.azure.sdk.iot.device.Message;
import com.microsoft.azure.sdk.iot.device.exceptions.IotHubClientException;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.device.twin.TwinCollection;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** A device: telemetry, its twin, a direct method, a message from the cloud, a file upload. */
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
        Object value = askedAgain(() -> client.getTwin(ANSWER_MS)).getDesiredProperties().get("interval");
        if (value instanceof Number && interval.compareAndSet(null, ((Number) value).intValue())) configured.countDown();
        await(configured);
        System.out.println("desired interval " + interval.get());
        TwinCollection reported = new TwinCollection();
        reported.put("interval", interval.get());
        askedAgain(() -> client.updateReportedProperties(reported, ANSWER_MS));

        upload(client);
        System.out.println("file uploaded");

        await(rebooted);
        await(told);
        client.close();
        System.out.println("device: done");
        System.exit(0);
    }

    /** A file: the hub names the blob, the storage takes it, the hub is told. */
    private static void upload(DeviceClient client) throws Exception {
        FileUploadSasUriResponse place = client.getFileUploadSasUri(new FileUploadSasUriRequest("log.txt"));
        HttpRequest put = HttpRequest.newBuilder(place.getBlobUri())
            .header("x-ms-blob-type", "BlockBlob")
            .PUT(HttpRequest.BodyPublishers.ofString("a line of the log\n"))
            .build();
        int status = HttpClient.newHttpClient().send(put, HttpResponse.BodyHandlers.discarding()).statusCode();
        client.completeFileUpload(new FileUploadCompletionNotification(place.getCorrelationId(), status == 201));
        if (status != 201) throw new IllegalStateException("the storage answered " + status);
    }

    private static final int ANSWER_MS = 5_000;

    /** The SDK sometimes loses an answer that has come (2.5.0): the question is asked again. */
    private static <T> T askedAgain(Callable<T> question) throws Exception {
        for (int tries = 1; ; tries++) {
            try {
                return question.call();
            } catch (IotHubClientException unanswered) {
                if (tries == 5) throw unanswered;
            }
        }
    }

    private static void await(CountDownLatch latch) throws Exception {
        if (!latch.await(60, TimeUnit.SECONDS)) throw new IllegalStateException("the back end has not called");
    }
}
