import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import com.microsoft.azure.sdk.iot.device.ModuleClient;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.service.auth.AuthenticationType;
import com.microsoft.azure.sdk.iot.service.configurations.Configuration;
import com.microsoft.azure.sdk.iot.service.configurations.ConfigurationContent;
import com.microsoft.azure.sdk.iot.service.configurations.ConfigurationMetrics;
import com.microsoft.azure.sdk.iot.service.configurations.ConfigurationsClient;
import com.microsoft.azure.sdk.iot.service.digitaltwin.DigitalTwinClient;
import com.microsoft.azure.sdk.iot.service.digitaltwin.UpdateOperationUtility;
import com.microsoft.azure.sdk.iot.service.digitaltwin.serialization.BasicDigitalTwin;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubPreconditionFailedException;
import com.microsoft.azure.sdk.iot.service.jobs.DirectMethodsJobOptions;
import com.microsoft.azure.sdk.iot.service.jobs.ScheduledJob;
import com.microsoft.azure.sdk.iot.service.jobs.ScheduledJobStatus;
import com.microsoft.azure.sdk.iot.service.jobs.ScheduledJobType;
import com.microsoft.azure.sdk.iot.service.jobs.ScheduledJobsClient;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodRequestOptions;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodsClient;
import com.microsoft.azure.sdk.iot.service.query.QueryClient;
import com.microsoft.azure.sdk.iot.service.query.QueryPageOptions;
import com.microsoft.azure.sdk.iot.service.query.SqlQueryBuilder;
import com.microsoft.azure.sdk.iot.service.registry.Device;
import com.microsoft.azure.sdk.iot.service.registry.DeviceStatus;
import com.microsoft.azure.sdk.iot.service.registry.Module;
import com.microsoft.azure.sdk.iot.service.registry.RegistryClient;
import com.microsoft.azure.sdk.iot.service.registry.RegistryJob;
import com.microsoft.azure.sdk.iot.service.registry.StorageAuthenticationType;
import com.microsoft.azure.sdk.iot.service.twin.DeviceCapabilities;
import com.microsoft.azure.sdk.iot.service.twin.Twin;
import com.microsoft.azure.sdk.iot.service.twin.TwinClient;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Every REST call of the official Java service SDK (iot-service-client) against the hub of IOTHUB_CONNECTION_STRING, with
 * the official device SDK as the device. BLOB_CONTAINER_URI is a container for imports and exports.
 */
public final class Service {
    private static final String CONTAINER = System.getenv("BLOB_CONTAINER_URI");
    private static final RegistryClient REGISTRY = new RegistryClient(Rows.HUB);
    private static final TwinClient TWINS = new TwinClient(Rows.HUB);
    private static final QueryClient QUERIES = new QueryClient(Rows.HUB);
    private static final DirectMethodsClient METHODS = new DirectMethodsClient(Rows.HUB);
    private static final ConfigurationsClient CONFIGURATIONS = new ConfigurationsClient(Rows.HUB);
    private static final ScheduledJobsClient JOBS = new ScheduledJobsClient(Rows.HUB);

    private Service() {}

    public static void main(String[] arguments) throws Exception {
        Rows.trustHub();
        devices();
        modules();
        twins();
        queries();
        DeviceClient device = new DeviceClient(connectionString("j1", null, REGISTRY.getDevice("j1").getPrimaryKey()), IotHubClientProtocol.MQTT);
        ModuleClient module = new ModuleClient(connectionString("j1", "m1", REGISTRY.getModule("j1", "m1").getPrimaryKey()), IotHubClientProtocol.MQTT);
        device.open(false);
        device.subscribeToMethods((name, payload, context) -> new DirectMethodResponse(201, payload.getPayloadAsJsonElement()), null);
        module.open(false);
        module.subscribeToMethods((name, payload, context) -> new DirectMethodResponse(202, payload.getPayloadAsJsonElement()), null);
        methods();
        configurations();
        jobs();
        digitalTwins();
        device.close();
        module.close();
        transfers();
        Rows.row("RegistryClient", "removeModule, removeDevice", () -> {
            REGISTRY.removeModule("j1", "m1");
            Rows.equal(List.of(), REGISTRY.getModulesOnDevice("j1"));
            for (String each : new String[] {"j1", "j-edge", "j-self", "j-ca"}) REGISTRY.removeDevice(each);
        });
        System.exit(0);
    }

    private static String connectionString(String deviceId, String moduleId, String key) {
        return "HostName=" + Rows.HOST + ";DeviceId=" + deviceId + (moduleId == null ? "" : ";ModuleId=" + moduleId) + ";SharedAccessKey=" + key;
    }

    private static void devices() {
        String area = "RegistryClient";
        Rows.row(area, "addDevice", () -> {
            Device made = REGISTRY.addDevice(new Device("j1"));
            Rows.equal("j1", made.getDeviceId());
            Rows.holds(made.getPrimaryKey() != null && made.getGenerationId() != null && made.getETag() != null, "a key, a generation or an etag is missing");
        });
        Rows.row(area, "addDevice (self-signed)", () -> {
            Device device = new Device("j-self", AuthenticationType.SELF_SIGNED);
            device.setThumbprint(String.join("", Collections.nCopies(40, "A")), String.join("", Collections.nCopies(40, "B")));
            Device made = REGISTRY.addDevice(device);
            Rows.equal(AuthenticationType.SELF_SIGNED, made.getAuthenticationType());
            Rows.equal(device.getSecondaryThumbprint(), made.getSecondaryThumbprint());
        });
        Rows.row(area, "addDevice (certificate authority)", () ->
            Rows.equal(AuthenticationType.CERTIFICATE_AUTHORITY, REGISTRY.addDevice(new Device("j-ca", AuthenticationType.CERTIFICATE_AUTHORITY)).getAuthenticationType()));
        Rows.row(area, "addDevice (edge)", () -> {
            Device device = new Device("j-edge");
            DeviceCapabilities capabilities = new DeviceCapabilities();
            capabilities.setIotEdge(true);
            device.setCapabilities(capabilities);
            Device made = REGISTRY.addDevice(device);
            Rows.holds(made.getCapabilities().isIotEdge(), "it is no edge device");
            Rows.holds(made.getScope().startsWith("ms-azure-iot-edge://j-edge-"), made.getScope());
        });
        Rows.row(area, "updateDevice (disabled, enabled)", () -> {
            Device device = REGISTRY.getDevice("j1");
            device.setStatus(DeviceStatus.Disabled);
            Rows.equal(DeviceStatus.Disabled, REGISTRY.updateDevice(device).getStatus());
            device.setStatus(DeviceStatus.Enabled);
            Rows.equal(DeviceStatus.Enabled, REGISTRY.updateDevice(device).getStatus());
        });
        Rows.row(area, "getDevice", () -> Rows.equal("j1", REGISTRY.getDevice("j1").getDeviceId()));
        Rows.row(area, "removeDevice (Device): its etag has no quotation marks (Java SDK issue 292)", () -> {
            Device gone = REGISTRY.addDevice(new Device("j-gone"));
            preconditionFails(() -> REGISTRY.removeDevice(gone));
            REGISTRY.removeDevice("j-gone");
        });
        Rows.row(area, "getStatistics", () -> Rows.holds(REGISTRY.getStatistics().getTotalDeviceCount() >= 4, "there are more devices"));
    }

    private static void modules() {
        String area = "RegistryClient";
        Rows.row(area, "addModule", () -> Rows.equal("m1", REGISTRY.addModule(new Module("j1", "m1")).getId()));
        Rows.row(area, "getModule, updateModule", () -> Rows.equal("m1", REGISTRY.updateModule(REGISTRY.getModule("j1", "m1")).getId()));
        Rows.row(area, "getModulesOnDevice", () -> Rows.equal("m1", REGISTRY.getModulesOnDevice("j1").get(0).getId()));
        Rows.row(area, "getModulesOnDevice (edge: the system's)", () -> Rows.equal(2, REGISTRY.getModulesOnDevice("j-edge").size()));
        Rows.row(area, "removeModule (Module): its etag has no quotation marks (Java SDK issue 292)", () -> {
            Module gone = REGISTRY.addModule(new Module("j1", "gone"));
            preconditionFails(() -> REGISTRY.removeModule(gone));
            REGISTRY.removeModule("j1", "gone");
        });
    }

    private static void preconditionFails(Rows.Action run) throws Exception {
        try {
            run.run();
        } catch (IotHubPreconditionFailedException refused) {
            return;
        }
        throw new IllegalStateException("the call went through");
    }

    private static void twins() {
        String area = "TwinClient";
        Rows.row(area, "get", () -> {
            Twin twin = TWINS.get("j1");
            Rows.equal("j1", twin.getDeviceId());
            Rows.holds(twin.getDesiredProperties().getVersion() >= 1 && twin.getETag() != null, twin.toString());
        });
        Rows.row(area, "patch", () -> {
            Twin twin = new Twin("j1");
            twin.getTags().put("site", "north");
            twin.getDesiredProperties().put("fan", new HashMap<>(Map.of("speed", 3)));
            Twin seen = TWINS.patch(twin);
            Rows.equal("north", seen.getTags().get("site"));
            Rows.holds(seen.getDesiredProperties().toString().contains("speed"), seen.toString());
            Rows.holds(seen.getDesiredProperties().getTwinMetadata("fan") != null, "there are no metadata");
        });
        Rows.row(area, "patch (null removes)", () -> {
            Twin twin = new Twin("j1");
            twin.getDesiredProperties().put("fan", null);
            Rows.equal(null, TWINS.patch(twin).getDesiredProperties().get("fan"));
        });
        Rows.row(area, "replace", () -> {
            Twin twin = new Twin("j1");
            twin.getTags().put("site", "south");
            twin.getDesiredProperties().put("level", 1);
            Twin seen = TWINS.replace(twin);
            Rows.equal(Set.of("site"), seen.getTags().keySet());
        });
        Rows.row(area, "get, patch (module)", () -> {
            Twin twin = new Twin("j1", "m1");
            twin.getTags().put("part", "arm");
            TWINS.patch(twin);
            Rows.equal("arm", TWINS.get("j1", "m1").getTags().get("part"));
        });
    }

    private static void queries() {
        String area = "QueryClient";
        Rows.row(area, "queryTwins", () -> Rows.equal("j1", QUERIES.queryTwins("SELECT * FROM devices WHERE tags.site = 'south'").next().getDeviceId()));
        Rows.row(area, "queryTwins (of SqlQueryBuilder, modules)", () -> {
            String sql = SqlQueryBuilder.createSqlQuery("*", SqlQueryBuilder.FromType.MODULES, "tags.part = 'arm'", null);
            Rows.equal("m1", QUERIES.queryTwins(sql).next().getModuleId());
        });
        Rows.row(area, "queryTwins (pages, continuation)", () -> {
            QueryPageOptions options = QueryPageOptions.builder().pageSize(1).build();
            var answer = QUERIES.queryTwins("SELECT * FROM devices WHERE deviceId IN ['j1', 'j-self', 'j-ca', 'j-edge']", options);
            List<String> seen = new ArrayList<>();
            while (answer.hasNext()) seen.add(answer.next(options).getDeviceId());
            Rows.equal(Set.of("j1", "j-self", "j-ca", "j-edge"), Set.copyOf(seen));
        });
        Rows.row(area, "queryRaw", () -> {
            String row = QUERIES.queryRaw("SELECT COUNT() AS many FROM devices WHERE deviceId IN ['j1', 'j-self', 'j-ca', 'j-edge']").next();
            Rows.equal("{\"many\":4}", row.replace(" ", ""));
        });
    }

    private static void methods() {
        var options = DirectMethodRequestOptions.builder().payload(Map.of("unit", "C")).methodConnectTimeoutSeconds(10).methodResponseTimeoutSeconds(15).build();
        Rows.row("DirectMethodsClient", "invoke", () -> {
            var answer = METHODS.invoke("j1", "measure", options);
            Rows.equal(201, answer.getStatus());
            Rows.equal("{\"unit\":\"C\"}", answer.getPayloadAsJsonString());
        });
        Rows.row("DirectMethodsClient", "invoke (module)", () -> Rows.equal(202, METHODS.invoke("j1", "m1", "measure", options).getStatus()));
        Rows.row("DirectMethodsClient", "invoke (no payload)", () -> Rows.equal(201, METHODS.invoke("j1", "measure").getStatus()));
    }

    private static void configurations() {
        String area = "ConfigurationsClient";
        Rows.row(area, "create", () -> {
            ConfigurationContent content = new ConfigurationContent();
            content.setDeviceContent(new HashMap<>(Map.of("properties.desired.byConfiguration", 3)));
            Configuration made = new Configuration("j-conf");
            made.setContent(content);
            made.setTargetCondition("tags.site = 'south'");
            made.setPriority(10);
            ConfigurationMetrics metrics = new ConfigurationMetrics();
            metrics.setQueries(new HashMap<>(Map.of("all", "SELECT deviceId FROM devices")));
            made.setMetrics(metrics);
            Rows.equal("j-conf", CONFIGURATIONS.create(made).getId());
        });
        Rows.row(area, "get, get (list)", () -> {
            Rows.equal(10, CONFIGURATIONS.get("j-conf").getPriority());
            Rows.holds(CONFIGURATIONS.get(10).stream().anyMatch(each -> each.getId().equals("j-conf")), "it is not in the list");
        });
        Rows.row(area, "replace", () -> {
            Configuration current = CONFIGURATIONS.get("j-conf");
            current.setPriority(11);
            Rows.equal(11, CONFIGURATIONS.replace(current).getPriority());
        });
        Rows.row(area, "it reaches the twins that it targets", () ->
            Rows.eventually(() -> TWINS.get("j1").getDesiredProperties().get("byConfiguration"), value -> value != null));
        Rows.row(area, "applyConfigurationContentOnDevice", () -> {
            ConfigurationContent content = new ConfigurationContent();
            content.setModulesContent(new HashMap<>(Map.of("$edgeAgent", new HashMap<>(Map.of("properties.desired", Map.of("schemaVersion", "1.1"))))));
            CONFIGURATIONS.applyConfigurationContentOnDevice("j-edge", content);
            Rows.equal("1.1", TWINS.get("j-edge", "$edgeAgent").getDesiredProperties().get("schemaVersion"));
        });
        Rows.row(area, "delete", () -> CONFIGURATIONS.delete("j-conf"));
    }

    private static ScheduledJob ended(String jobId) throws Exception {
        return Rows.eventually(() -> JOBS.get(jobId), job -> Set.of(ScheduledJobStatus.completed, ScheduledJobStatus.failed, ScheduledJobStatus.cancelled).contains(job.getJobStatus()));
    }

    private static void jobs() {
        String area = "ScheduledJobsClient";
        Twin update = new Twin();
        update.setETag("*");
        update.getTags().put("byJob", "yes");
        Rows.row(area, "scheduleUpdateTwin, get", () -> {
            JOBS.scheduleUpdateTwin("jj1", "deviceId IN ['j1']", update, new Date(), 60);
            Rows.equal(ScheduledJobStatus.completed, ended("jj1").getJobStatus());
            Rows.equal("yes", TWINS.get("j1").getTags().get("byJob"));
            Rows.equal(1, JOBS.get("jj1").getJobStatistics().getSucceededCount());
        });
        Rows.row(area, "scheduleDirectMethod", () -> {
            var options = DirectMethodsJobOptions.builder().payload(Map.of("a", 1)).methodResponseTimeoutSeconds(15).methodConnectTimeoutSeconds(5).maxExecutionTimeSeconds(60).build();
            JOBS.scheduleDirectMethod("jj2", "deviceId IN ['j1']", "measure", new Date(), options);
            Rows.equal(ScheduledJobStatus.completed, ended("jj2").getJobStatus());
        });
        Rows.row(area, "query (type and status)", () -> Rows.equal("jj1", JOBS.query(ScheduledJobType.scheduleUpdateTwin, ScheduledJobStatus.completed).next().getJobId()));
        // Its own reader of such a row fails: `ScheduledJob` looks for the outcome in `cloudToDeviceMethod`.
        Rows.row("QueryClient", "queryRaw (jobs): the outcome of a device", () -> {
            String row = QUERIES.queryRaw("SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'jj2'").next();
            JsonObject outcome = JsonParser.parseString(row).getAsJsonObject().getAsJsonObject("outcome");
            Rows.equal(201, outcome.getAsJsonObject("deviceMethodResponse").get("status").getAsInt());
        });
        Rows.row(area, "cancel", () -> {
            JOBS.scheduleUpdateTwin("jj3", "deviceId IN ['j1']", update, new Date(System.currentTimeMillis() + 3_600_000), 60);
            JOBS.cancel("jj3");
            Rows.equal(ScheduledJobStatus.cancelled, ended("jj3").getJobStatus());
        });
    }

    private static void digitalTwins() {
        String area = "DigitalTwinClient";
        DigitalTwinClient client = new DigitalTwinClient(Rows.HUB);
        Rows.row(area, "getDigitalTwin", () -> Rows.equal("j1", client.getDigitalTwin("j1", BasicDigitalTwin.class).getId()));
        Rows.row(area, "updateDigitalTwin", () -> {
            client.updateDigitalTwin("j1", new UpdateOperationUtility().appendAddPropertyOperation("/target", 42).getUpdateOperations());
            Rows.equal("42", String.valueOf(TWINS.get("j1").getDesiredProperties().get("target")).replace(".0", ""));
        });
        Rows.row(area, "invokeCommand", () -> {
            var answer = client.invokeCommand("j1", "measure", "warm");
            Rows.equal(201, answer.getStatus());
            Rows.holds(answer.getPayloadAsJsonString().contains("warm"), answer.getPayloadAsJsonString());
        });
        Rows.row(area, "invokeComponentCommand", () -> Rows.equal(201, client.invokeComponentCommand("j1", "thermo", "measure", "{}").getStatus()));
    }

    private static void transferred(RegistryJob job) throws Exception {
        RegistryJob last = Rows.eventually(() -> REGISTRY.getJob(job.getJobId()), seen -> Set.of(RegistryJob.JobStatus.COMPLETED, RegistryJob.JobStatus.FAILED, RegistryJob.JobStatus.CANCELLED).contains(seen.getStatus()));
        Rows.holds(last.getStatus() == RegistryJob.JobStatus.COMPLETED, last.getStatus() + " " + last.getFailureReason());
        Rows.holds(last.getStartTimeUtc() != null && last.getEndTimeUtc() != null && last.getProgress() == 100, "a time or the progress is missing");
    }

    private static void transfers() {
        String area = "RegistryClient";
        Rows.row(area, "exportDevices, getJob", () -> transferred(REGISTRY.exportDevices(CONTAINER, false)));
        Rows.row(area, "importDevices", () -> transferred(REGISTRY.importDevices(CONTAINER, CONTAINER)));
        Rows.row(area, "exportDevices (by identity)", () -> transferred(REGISTRY.exportDevices(RegistryJob.createForExportJob(CONTAINER, true, StorageAuthenticationType.IDENTITY))));
        Rows.row(area, "importDevices (by identity)", () -> transferred(REGISTRY.importDevices(RegistryJob.createForImportJob(CONTAINER, CONTAINER, StorageAuthenticationType.IDENTITY))));
    }
}
