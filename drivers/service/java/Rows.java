import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs calls of an SDK one after another and prints their outcomes, one JSON object per line. Knows the hub of the run. */
final class Rows {
    /** Connection string of the owner. */
    static final String HUB = System.getenv("IOTHUB_CONNECTION_STRING");
    static final String HOST = HUB.replaceAll("(?i).*HostName=([^;]*).*", "$1");
    private static final String CONTROL = System.getenv("MOCK_IOT_HUB_CONTROL_URL");
    private static final int TIMEOUT_SECONDS = 30;
    private static final ExecutorService CALLS = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    });

    /** A call of the SDK, with its checks. */
    interface Call<T> {
        T run() throws Exception;
    }

    /** A call without a result. */
    interface Action {
        void run() throws Exception;
    }

    private Rows() {}

    /** Every TLS context that the JVM makes from now on trusts the hub: Java reads no PEM file and no variable. */
    static void trustHub() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (FileInputStream file = new FileInputStream(System.getenv("MOCK_IOT_HUB_CA"))) {
            int count = 0;
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(file))
                store.setCertificateEntry("hub-" + count++, each);
        }
        Path path = Files.createTempFile("oracle", ".p12");
        path.toFile().deleteOnExit();
        char[] password = "changeit".toCharArray();
        try (var out = Files.newOutputStream(path)) {
            store.store(out, password);
        }
        System.setProperty("javax.net.ssl.trustStore", path.toString());
        System.setProperty("javax.net.ssl.trustStorePassword", new String(password));
    }

    /** Makes one call. @return its result, or null when it fails. */
    static <T> T row(String area, String call, Call<T> run) {
        var result = CALLS.submit(run::run);
        try {
            T value = result.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            tell(area, call, "passed", "");
            return value;
        } catch (ExecutionException error) {
            tell(area, call, "failed", withCauses(error.getCause()));
        } catch (TimeoutException error) {
            result.cancel(true);
            tell(area, call, "failed", "not settled after " + TIMEOUT_SECONDS + " s");
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
        return null;
    }

    static void row(String area, String call, Action run) {
        row(area, call, () -> {
            run.run();
            return null;
        });
    }

    private static String withCauses(Throwable error) {
        Throwable cause = error.getCause();
        return cause == null || cause == error ? String.valueOf(error) : error + " < " + withCauses(cause);
    }

    private static void tell(String area, String call, String outcome, String detail) {
        JsonObject line = new JsonObject();
        line.addProperty("area", area);
        line.addProperty("call", call);
        line.addProperty("outcome", outcome);
        line.addProperty("detail", detail.length() > 600 ? detail.substring(0, 600) : detail);
        System.out.println(line);
        System.out.flush();
    }

    /** @throws IllegalStateException when the two differ. */
    static void equal(Object expected, Object actual) {
        if (!Objects.equals(expected, actual)) throw new IllegalStateException("expected " + expected + ", and got " + actual);
    }

    /** @throws IllegalStateException when the condition does not hold. */
    static void holds(boolean condition, String what) {
        if (!condition) throw new IllegalStateException(what);
    }

    /** Waits until another thread has counted the latch down. */
    static void happens(CountDownLatch latch, String what) throws InterruptedException {
        holds(latch.await(TIMEOUT_SECONDS - 5, TimeUnit.SECONDS), what + " has not come");
    }

    /** Repeats the call until the condition holds; the time-out of the row ends it. */
    static <T> T eventually(Call<T> ask, java.util.function.Predicate<T> holds) throws Exception {
        while (true) {
            T seen = ask.run();
            if (holds.test(seen)) return seen;
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    /** Moves the hub's clock, so that feedback needs no waiting. @param by as in `1m`. */
    static void wind(String by) throws Exception {
        ask("POST", "/clock/advance", "{\"by\":\"" + by + "\"}");
    }

    /** The messages that the hub has received from devices. */
    static JsonArray telemetry() throws Exception {
        return JsonParser.parseString(ask("GET", "/telemetry", null)).getAsJsonArray();
    }

    /** A request of the control API. */
    static String ask(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(CONTROL + path))
            .header("content-type", "application/json")
            .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
            .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        holds(answer.statusCode() < 300, method + " " + path + ": " + answer.statusCode() + " " + answer.body());
        return answer.body();
    }
}
