import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import com.microsoft.azure.sdk.iot.service.configurations.Configuration;
import com.microsoft.azure.sdk.iot.service.configurations.ConfigurationContent;
import com.microsoft.azure.sdk.iot.service.configurations.ConfigurationMetrics;
import com.microsoft.azure.sdk.iot.service.configurations.ConfigurationsClient;
import com.microsoft.azure.sdk.iot.service.digitaltwin.DigitalTwinClient;
import com.microsoft.azure.sdk.iot.service.digitaltwin.UpdateOperationUtility;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubBadFormatException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubConflictException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubGatewayTimeoutException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubNotFoundException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubPreconditionFailedException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubTooManyDevicesException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubUnauthorizedException;
import com.microsoft.azure.sdk.iot.service.jobs.ScheduledJobsClient;
import com.microsoft.azure.sdk.iot.service.messaging.IotHubServiceClientProtocol;
import com.microsoft.azure.sdk.iot.service.messaging.Message;
import com.microsoft.azure.sdk.iot.service.messaging.MessagingClient;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodRequestOptions;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodsClient;
import com.microsoft.azure.sdk.iot.service.query.QueryClient;
import com.microsoft.azure.sdk.iot.service.registry.Device;
import com.microsoft.azure.sdk.iot.service.registry.Module;
import com.microsoft.azure.sdk.iot.service.registry.RegistryClient;
import com.microsoft.azure.sdk.iot.service.registry.RegistryJob;
import com.microsoft.azure.sdk.iot.service.twin.DeviceCapabilities;
import com.microsoft.azure.sdk.iot.service.twin.Twin;
import com.microsoft.azure.sdk.iot.service.twin.TwinClient;
import com.microsoft.rest.RestException;
import java.util.Base64;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;

/**
 * Each documented error that a back end can provoke, through the official Java service SDK (iot-service-client): the class
 * that its users see by the status, and the code and description that the SDK takes out of the body. Its documents
 * (`IotHubException` and its subclasses) promise one class for each status; docs/contract/comparisons-service.md has the table.
 */
public final class Errors {
    /** The class that the SDK promises for a status; 405 and 413 have none of their own. */
    private static final Map<Integer, Class<? extends IotHubException>> CLASSES = Map.of(
        400, IotHubBadFormatException.class, 401, IotHubUnauthorizedException.class,
        403, IotHubTooManyDevicesException.class, 404, IotHubNotFoundException.class,
        405, IotHubException.class, 409, IotHubConflictException.class,
        412, IotHubPreconditionFailedException.class, 413, IotHubException.class,
        504, IotHubGatewayTimeoutException.class);
    /** What the SDK calls a code. A status stands for itself where the body has text, and only JSON has a code of six digits. */
    private static final Map<Integer, String> DESCRIPTIONS = Map.of(
        400, "BadFormat", 401, "Unauthorized", 403, "Forbidden", 404, "NotFound", 405, "UnclassifiedErrorCode",
        409, "Conflict", 412, "PreconditionFailed", 413, "RequestEntityTooLarge");
    private static final Map<Integer, String> CODES = Map.of(
        400004, "ArgumentInvalid", 404001, "DeviceNotFound", 404103, "DeviceNotOnline", 504101, "UnclassifiedErrorCode",
        409301, "ModuleAlreadyExistsOnDevice");

    private static final RegistryClient REGISTRY = new RegistryClient(Rows.HUB);
    private static final TwinClient TWINS = new TwinClient(Rows.HUB);
    private static final QueryClient QUERIES = new QueryClient(Rows.HUB);
    private static final ConfigurationsClient CONFIGURATIONS = new ConfigurationsClient(Rows.HUB);
    private static final ScheduledJobsClient JOBS = new ScheduledJobsClient(Rows.HUB);
    private static final DirectMethodsClient METHODS = new DirectMethodsClient(Rows.HUB);
    /** The SDK sends an etag as it is given, and the hub sees one in quotes alone (docs/contract/registry.md#registry-if-match). */
    private static final String STALE = "\"AAAAAAAAAAk=\"";
    private static final String STRANGER = Rows.HUB.replaceAll("SharedAccessKey=[^;]+", "SharedAccessKey=" + Base64.getEncoder().encodeToString(new byte[32]));

    private Errors() {}

    /** A refusal in the form `ErrorCode:{name};{text}`. */
    private static void refused(String area, String name, int status, String what, Rows.Action run) {
        Rows.row(area + ": " + status + " " + name, what, () -> {
            IotHubException seen = thrown(run);
            Rows.equal(CLASSES.get(status), seen.getClass());
            Rows.equal(status, seen.getErrorCode());
            Rows.equal(DESCRIPTIONS.get(status), seen.getErrorCodeDescription().name());
            // The message is the `Message` of the body and its `ExceptionMessage`.
            Rows.holds(seen.getMessage().contains("ErrorCode:" + name + ";"), seen.getMessage());
            Rows.holds(seen.getMessage().contains("Tracking ID:"), seen.getMessage());
        });
    }

    /** A refusal with JSON in `Message`: the SDK reads the code out of it. */
    private static void refusedInJson(String area, int code, int status, String what, Rows.Action run) {
        Rows.row(area + ": " + code, what, () -> {
            IotHubException seen = thrown(run);
            Rows.equal(CLASSES.get(status), seen.getClass());
            Rows.equal(code, seen.getErrorCode());
            Rows.equal(CODES.get(code), seen.getErrorCodeDescription().name());
            JsonObject text = JsonParser.parseString(seen.getMessage()).getAsJsonObject();
            Rows.holds(text.get("trackingId").getAsString().contains("TimeStamp:"), seen.getMessage());
        });
    }

    private static IotHubException thrown(Rows.Action run) throws Exception {
        try {
            run.run();
        } catch (IotHubException error) {
            return error;
        }
        throw new IllegalStateException("nothing was refused");
    }

    private static Device device(String id) {
        return new Device(id);
    }

    private static Configuration configuration(String id) {
        ConfigurationContent content = new ConfigurationContent();
        content.setDeviceContent(new HashMap<>(Map.of("properties.desired.x", 1)));
        Configuration made = new Configuration(id);
        made.setContent(content);
        made.setTargetCondition("*");
        made.setMetrics(new ConfigurationMetrics());
        made.setPriority(1);
        return made;
    }

    private static Twin tagged(String deviceId, String key, Object value) {
        Twin twin = new Twin(deviceId);
        twin.getTags().put(key, value);
        return twin;
    }

    public static void main(String[] arguments) throws Exception {
        Rows.trustHub();
        Device first = REGISTRY.addDevice(device("h1"));
        Device edge = device("h-edge");
        DeviceCapabilities capabilities = new DeviceCapabilities();
        capabilities.setIotEdge(true);
        edge.setCapabilities(capabilities);
        REGISTRY.addDevice(edge);
        REGISTRY.addModule(new Module("h1", "m"));
        CONFIGURATIONS.create(configuration("h-conf"));
        registry();
        twins();
        queries();
        configurations();
        jobs();
        methods(first);
        messages();
        // What comes after finds the hub as it was.
        CONFIGURATIONS.delete("h-conf");
        for (String each : new String[] {"h1", "h-edge"}) REGISTRY.removeDevice(each);
        System.exit(0);
    }

    private static void registry() {
        refused("registry", "DeviceNotFound", 404, "getDevice", () -> REGISTRY.getDevice("nobody"));
        refused("registry", "DeviceNotFound", 404, "removeDevice", () -> REGISTRY.removeDevice("nobody"));
        refused("registry", "DeviceNotFound", 404, "updateDevice", () -> REGISTRY.updateDevice(device("nobody")));
        refused("registry", "IotHubUnauthorizedAccess", 401, "getModulesOnDevice", () -> REGISTRY.getModulesOnDevice("nobody"));
        refused("registry", "IotHubUnauthorizedAccess", 401, "addModule", () -> REGISTRY.addModule(new Module("nobody", "m")));
        refused("registry", "ModuleNotFound", 404, "getModule", () -> REGISTRY.getModule("h1", "none"));
        refused("registry", "ModuleNotFound", 404, "removeModule", () -> REGISTRY.removeModule("h1", "none"));
        refused("registry", "DeviceAlreadyExists", 409, "addDevice", () -> REGISTRY.addDevice(device("h1")));
        refusedInJson("registry", 409301, 409, "addModule", () -> REGISTRY.addModule(new Module("h1", "m")));
        refused("registry", "ArgumentInvalid", 400, "addDevice", () -> REGISTRY.addDevice(device("no|bars")));
        refused("registry", "InvalidDeviceScope", 400, "addDevice", () -> {
            Device child = device("h2");
            child.setScope("ms-azure-iot-edge://none-1");
            REGISTRY.addDevice(child);
        });
        refused("registry", "SystemModuleModifyUnauthorizedAccess", 401, "removeModule", () -> REGISTRY.removeModule("h-edge", "$edgeAgent"));
        refused("registry", "IotHubUnauthorizedAccess", 401, "getDevice", () -> new RegistryClient(STRANGER).getDevice("h1"));
        refused("import and export", "JobNotFound", 404, "getJob", () -> REGISTRY.getJob("none"));
        refused("import and export", "BlobContainerValidationError", 400, "exportDevices", () -> REGISTRY.exportDevices("no uri", false));
        refused("import and export", "BlobContainerValidationError", 400, "importDevices",
            () -> REGISTRY.importDevices(RegistryJob.createForImportJob("no uri", "no uri")));
    }

    private static void twins() {
        refused("twin", "DeviceNotFound", 404, "get", () -> TWINS.get("nobody"));
        refused("twin", "DeviceNotFound", 404, "patch", () -> TWINS.patch(tagged("nobody", "a", 1)));
        refused("twin", "DeviceNotFound", 404, "replace", () -> TWINS.replace(tagged("nobody", "a", 1)));
        refused("twin", "DeviceNotFound", 404, "get (module)", () -> TWINS.get("h1", "none"));
        refused("twin", "PreconditionFailed", 412, "patch (etag)", () -> TWINS.patch(tagged("h1", "a", 1), STALE));
        refused("twin", "PreconditionFailed", 412, "replace (etag)", () -> TWINS.replace(tagged("h1", "a", 1), STALE));
        refused("twin", "ArgumentInvalid", 400, "patch", () -> TWINS.patch(tagged("h1", "a.b", 1)));
        refused("twin", "DeviceModelMaxPropertiesExceeded", 403, "patch", () -> {
            Twin twin = new Twin("h1");
            String text = String.join("", Collections.nCopies(4_000, "x"));
            for (int each = 0; each < 4; each++) twin.getTags().put("t" + each, text);
            TWINS.patch(twin);
        });
        refused("twin", "IotHubUnauthorizedAccess", 401, "get", () -> new TwinClient(STRANGER).get("h1"));
    }

    private static void queries() {
        refused("query", "ArgumentInvalid", 400, "queryTwins", () -> QUERIES.queryTwins("SELECT * FROM nothing"));
        refused("query", "ArgumentInvalid", 400, "queryRaw", () -> QUERIES.queryRaw("SELECT * FROM"));
        refused("query", "PreconditionFailed", 412, "queryTwins (too long)",
            () -> QUERIES.queryTwins("SELECT * FROM devices WHERE deviceId = '" + String.join("", Collections.nCopies(9_000, "x")) + "'"));
        refused("query", "IotHubUnauthorizedAccess", 401, "queryTwins", () -> new QueryClient(STRANGER).queryTwins("SELECT * FROM devices"));
    }

    private static void configurations() {
        refused("configuration", "ConfigurationNotFound", 404, "get", () -> CONFIGURATIONS.get("none"));
        refused("configuration", "ConfigurationNotFound", 404, "delete", () -> CONFIGURATIONS.delete("none"));
        refused("configuration", "ConfigurationAlreadyExists", 409, "create", () -> CONFIGURATIONS.create(configuration("h-conf")));
        refused("configuration", "InvalidConfigurationContent", 400, "create", () -> {
            Configuration empty = configuration("h-bad");
            empty.setContent(new ConfigurationContent());
            CONFIGURATIONS.create(empty);
        });
        refused("configuration", "InvalidConfigurationTargetCondition", 400, "create", () -> {
            Configuration bad = configuration("h-bad");
            bad.setTargetCondition("tags.x = = 1");
            CONFIGURATIONS.create(bad);
        });
        refused("configuration", "InvalidConfigurationCustomMetricsQuery", 400, "create", () -> {
            Configuration bad = configuration("h-bad");
            bad.getMetrics().setQueries(new HashMap<>(Map.of("m", "SELECT")));
            CONFIGURATIONS.create(bad);
        });
        refused("configuration", "InvalidConfigurationContent", 400, "applyConfigurationContentOnDevice",
            () -> CONFIGURATIONS.applyConfigurationContentOnDevice("h1", configuration("any").getContent()));
    }

    private static void jobs() throws Exception {
        Date later = new Date(System.currentTimeMillis() + 3_600_000);
        refused("job", "JobNotFound", 404, "cancel", () -> JOBS.cancel("none"));
        JOBS.scheduleUpdateTwin("h-job", "deviceId = 'h1'", tagged("h1", "a", 1), later, 60);
        refused("job", "JobAlreadyExists", 409, "scheduleUpdateTwin", () -> JOBS.scheduleUpdateTwin("h-job", "*", tagged("h1", "a", 1), later, 60));
        JOBS.cancel("h-job");
        refused("job", "OperationNotAllowedInCurrentState", 405, "cancel", () -> JOBS.cancel("h-job"));
    }

    private static void methods(Device first) throws Exception {
        var options = DirectMethodRequestOptions.builder().methodResponseTimeoutSeconds(5).methodConnectTimeoutSeconds(0).build();
        refusedInJson("method", 404103, 404, "invoke (not connected)", () -> METHODS.invoke("h1", "measure", options));
        refusedInJson("method", 404001, 404, "invoke (unknown device)", () -> METHODS.invoke("nobody", "measure", options));
        refusedInJson("method", 400004, 400, "invoke (time-out out of range)", () -> METHODS.invoke("h1", "measure",
            DirectMethodRequestOptions.builder().methodResponseTimeoutSeconds(301).build()));
        DeviceClient silent = new DeviceClient("HostName=" + Rows.HOST + ";DeviceId=h1;SharedAccessKey=" + first.getPrimaryKey(), IotHubClientProtocol.MQTT);
        silent.open(false);
        silent.subscribeToMethods((name, payload, context) -> {
            try {
                Thread.sleep(10_000);
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
            }
            return null;
        }, null);
        refusedInJson("method", 504101, 504, "invoke (no answer)", () -> METHODS.invoke("h1", "measure", options));
        silent.close();
        DigitalTwinClient digital = new DigitalTwinClient(Rows.HUB);
        // Its client for digital twins is generated code: its users see a RestException, with the body as a map.
        Rows.row("command: 404103", "invokeCommand (not connected)", () -> {
            Map<?, ?> body = refusal(() -> digital.invokeCommand("h1", "measure", "{}"), 404);
            Rows.equal(404103, JsonParser.parseString((String) body.get("Message")).getAsJsonObject().get("errorCode").getAsInt());
        });
        Rows.row("digital twin: 404 DeviceNotFound", "updateDigitalTwin", () -> {
            var operations = new UpdateOperationUtility().appendAddPropertyOperation("/x", 1).getUpdateOperations();
            Map<?, ?> body = refusal(() -> digital.updateDigitalTwin("nobody", operations), 404);
            Rows.holds(String.valueOf(body.get("Message")).startsWith("ErrorCode:DeviceNotFound;"), body.toString());
        });
        Rows.row("digital twin: 404 DeviceNotFound", "getDigitalTwin: the text null, which this client makes of each 404 of a GET", () ->
            Rows.equal("null", digital.getDigitalTwin("nobody", String.class)));
    }

    private static Map<?, ?> refusal(Rows.Action run, int status) throws Exception {
        try {
            run.run();
        } catch (RestException error) {
            Rows.equal(status, error.response().code());
            return (Map<?, ?>) error.body();
        }
        throw new IllegalStateException("nothing was refused");
    }

    private static void messages() throws Exception {
        MessagingClient sender = new MessagingClient(Rows.HUB, IotHubServiceClientProtocol.AMQPS);
        sender.open();
        Rows.row("message: amqp:not-found", "MessagingClient.send (unknown device)", () -> {
            IotHubException seen = thrown(() -> sender.send("nobody", new Message("x")));
            Rows.equal(IotHubNotFoundException.class, seen.getClass());
        });
        sender.close();
        Rows.row("message: 401", "MessagingClient.open", () -> {
            IotHubException seen = thrown(() -> new MessagingClient(STRANGER, IotHubServiceClientProtocol.AMQPS).open());
            Rows.equal(IotHubUnauthorizedException.class, seen.getClass());
        });
    }
}
