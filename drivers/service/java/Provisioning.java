import com.google.gson.JsonObject;
import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import com.microsoft.azure.sdk.iot.device.Message;
import com.microsoft.azure.sdk.iot.provisioning.device.AdditionalData;
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClient;
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClientRegistrationResult;
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClientStatus;
import com.microsoft.azure.sdk.iot.provisioning.device.ProvisioningDeviceClientTransportProtocol;
import com.microsoft.azure.sdk.iot.provisioning.security.SecurityProvider;
import com.microsoft.azure.sdk.iot.provisioning.security.SecurityProviderSymmetricKey;
import com.microsoft.azure.sdk.iot.provisioning.security.hsm.SecurityProviderX509Cert;
import com.microsoft.azure.sdk.iot.provisioning.service.ProvisioningServiceClient;
import com.microsoft.azure.sdk.iot.provisioning.service.Query;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.Attestation;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.AttestationMechanismType;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.BulkOperationMode;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.EnrollmentGroup;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.EnrollmentStatus;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.IndividualEnrollment;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.ProvisioningStatus;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.QuerySpecification;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.SymmetricKeyAttestation;
import com.microsoft.azure.sdk.iot.provisioning.service.configs.X509Attestation;
import com.microsoft.azure.sdk.iot.provisioning.service.exceptions.ProvisioningServiceClientException;
import com.microsoft.azure.sdk.iot.provisioning.service.exceptions.ProvisioningServiceClientNotFoundException;
import com.microsoft.azure.sdk.iot.provisioning.service.exceptions.ProvisioningServiceClientPreconditionFailedException;
import java.io.FileInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * The official Java provisioning clients (provisioning-device-client over each of its transports, with symmetric keys and
 * certificates of individual enrollments and of groups; provisioning-service-client through every call) against the
 * service named by PROVISIONING_HOST, PROVISIONING_IDSCOPE and PROVISIONING_CONNECTION_STRING. PROVISIONING_SYMMETRIC_KEY
 * belongs to the individual enrollment PROVISIONING_REGISTRATION_ID, PROVISIONING_MASTER_SYMMETRIC_KEY to a group.
 */
public final class Provisioning {
    private static final String HOST = System.getenv("PROVISIONING_HOST");
    private static final String SCOPE = System.getenv("PROVISIONING_IDSCOPE");
    private static final String ID = System.getenv("PROVISIONING_REGISTRATION_ID");
    private static final String KEY = System.getenv("PROVISIONING_SYMMETRIC_KEY");
    private static final String GROUP_KEY = System.getenv("PROVISIONING_MASTER_SYMMETRIC_KEY");
    private static final ProvisioningServiceClient SERVICE =
        new ProvisioningServiceClient(System.getenv("PROVISIONING_CONNECTION_STRING"));
    private static final Map<ProvisioningDeviceClientTransportProtocol, String> NAMES = Map.of(
        ProvisioningDeviceClientTransportProtocol.MQTT, "MQTT",
        ProvisioningDeviceClientTransportProtocol.MQTT_WS, "MQTT over WebSocket",
        ProvisioningDeviceClientTransportProtocol.AMQPS, "AMQP",
        ProvisioningDeviceClientTransportProtocol.AMQPS_WS, "AMQP over WebSocket",
        ProvisioningDeviceClientTransportProtocol.HTTPS, "HTTPS");
    private static Path folder;

    private Provisioning() {}

    public static void main(String[] arguments) throws Exception {
        Rows.trustHub();
        folder = Files.createTempDirectory("provisioning");
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=oracle root, Java", "-keyout", file("root.key"), "-out", file("root.pem"));
        JsonObject upload = new JsonObject();
        upload.addProperty("certificate", text("root.pem"));
        upload.addProperty("verified", true);
        Rows.ask("PUT", "/certificates/java-root", upload.toString());
        SERVICE.createOrUpdateEnrollmentGroup(
            new EnrollmentGroup("java-x509", X509Attestation.createFromRootCertificates(text("root.pem"))));
        // Over MQTT the client sends a request and then begins to wait: an answer that comes between is lost.
        for (String step : List.of("register", "poll"))
            Rows.ask("POST", "/faults", "{\"name\":\"dps." + step + ".delay\",\"count\":\"always\",\"parameters\":{\"seconds\":0.2}}");
        for (ProvisioningDeviceClientTransportProtocol each : ProvisioningDeviceClientTransportProtocol.values()) device(each);
        Rows.ask("DELETE", "/faults", null);
        service();
        System.exit(0);
    }

    private static void device(ProvisioningDeviceClientTransportProtocol protocol) {
        String area = NAMES.get(protocol);
        String suffix = protocol.name().toLowerCase().replace('_', '-');
        Rows.row(area, "register with the key of an individual enrollment, and send telemetry", () -> {
            AdditionalData payload = new AdditionalData();
            payload.setProvisioningPayload("{\"a\":[1]}");
            var result = register(protocol, byKey(ID, KEY), payload);
            String device = "HostName=" + result.getIothubUri() + ";DeviceId=" + result.getDeviceId() + ";SharedAccessKey=" + KEY;
            DeviceClient client = new DeviceClient(device, IotHubClientProtocol.MQTT);
            client.open(false);
            client.sendEvent(new Message("hello"));
            client.close();
        });
        Rows.row(area, "register with a key that derives from that of a group", () -> {
            String id = "java-" + suffix;
            Rows.equal(id, register(protocol, byKey(id, derived(id)), null).getDeviceId());
        });
        Rows.row(area, "register with a certificate", () -> {
            String id = "java-x509-" + suffix;
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=" + id, "-keyout", file(id + ".key"), "-out", file(id + ".pem"));
            SERVICE.createOrUpdateIndividualEnrollment(
                new IndividualEnrollment(id, X509Attestation.createFromClientCertificates(text(id + ".pem"))));
            Rows.equal(id, register(protocol, byCertificate(id, List.of()), null).getDeviceId());
        });
        Rows.row(area, "register with a certificate that the authority of a group has signed", () -> {
            String id = "java-ca-" + suffix;
            openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj", "/CN=" + id, "-keyout", file(id + ".key"), "-out", file(id + ".csr"));
            openssl("x509", "-req", "-in", file(id + ".csr"), "-CA", file("root.pem"), "-CAkey", file("root.key"),
                "-CAcreateserial", "-days", "2", "-out", file(id + ".pem"));
            Rows.equal(id, register(protocol, byCertificate(id, List.of(certificate("root.pem"))), null).getDeviceId());
        });
        Rows.row(area, "register with a wrong key: refused", () -> refused(protocol, byKey("nobody", derived("somebody"))));
        Rows.row(area, "register with a certificate that nobody has enrolled: refused", () -> {
            String id = "java-stranger-" + suffix;
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=" + id, "-keyout", file(id + ".key"), "-out", file(id + ".pem"));
            refused(protocol, byCertificate(id, List.of()));
        });
    }

    private static ProvisioningDeviceClientRegistrationResult register(
        ProvisioningDeviceClientTransportProtocol protocol, SecurityProvider security, AdditionalData payload) throws Exception {
        ProvisioningDeviceClient client = ProvisioningDeviceClient.create(HOST, SCOPE, protocol, security);
        try {
            var result = client.registerDeviceSync(payload, 25);
            Rows.equal(ProvisioningDeviceClientStatus.PROVISIONING_DEVICE_STATUS_ASSIGNED, result.getProvisioningDeviceClientStatus());
            return result;
        } finally {
            client.close();
        }
    }

    private static void refused(ProvisioningDeviceClientTransportProtocol protocol, SecurityProvider security) {
        try {
            register(protocol, security, null);
        } catch (Exception | AssertionError expected) {
            Rows.holds(!String.valueOf(expected.getMessage()).contains("Timed out"), "it was not refused, it timed out");
            return;
        }
        throw new IllegalStateException("it registered");
    }

    private static SecurityProvider byKey(String id, String key) {
        return new SecurityProviderSymmetricKey(key.getBytes(StandardCharsets.UTF_8), id);
    }

    private static String derived(String id) throws Exception {
        byte[] key = SecurityProviderSymmetricKey.ComputeDerivedSymmetricKey(GROUP_KEY.getBytes(StandardCharsets.UTF_8), id);
        return new String(key, StandardCharsets.UTF_8);
    }

    private static SecurityProvider byCertificate(String id, List<X509Certificate> chain) throws Exception {
        String pem = text(id + ".key").replaceAll("-----[^-]*-----|\\s", "");
        var key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        return new SecurityProviderX509Cert(certificate(id + ".pem"), key, chain);
    }

    private static X509Certificate certificate(String name) throws Exception {
        try (FileInputStream file = new FileInputStream(file(name))) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
    }

    private static String file(String name) {
        return folder.resolve(name).toString();
    }

    private static String text(String name) throws Exception {
        return Files.readString(folder.resolve(name));
    }

    private static void openssl(String... words) throws Exception {
        var command = new java.util.ArrayList<>(List.of("openssl"));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Rows.holds(process.waitFor() == 0, said);
    }

    private static void service() {
        Attestation keys = new SymmetricKeyAttestation(null, null);
        IndividualEnrollment created = call("createOrUpdateIndividualEnrollment", () -> {
            IndividualEnrollment made = SERVICE.createOrUpdateIndividualEnrollment(new IndividualEnrollment("j1", keys));
            Rows.holds(!keyOf(made.getAttestation()).isEmpty(), "PUT returns no keys");
            return made;
        });
        call("createOrUpdateIndividualEnrollment (exists: refused)", () ->
            fails(ProvisioningServiceClientException.class, () -> SERVICE.createOrUpdateIndividualEnrollment(new IndividualEnrollment("j1", keys))));
        call("createOrUpdateIndividualEnrollment (update)", () -> {
            created.setProvisioningStatus(ProvisioningStatus.DISABLED);
            Rows.equal(ProvisioningStatus.DISABLED, SERVICE.createOrUpdateIndividualEnrollment(created).getProvisioningStatus());
        });
        call("createOrUpdateIndividualEnrollment (stale etag: ProvisioningServiceClientPreconditionFailedException)", () ->
            fails(ProvisioningServiceClientPreconditionFailedException.class, () -> SERVICE.createOrUpdateIndividualEnrollment(created)));
        call("getIndividualEnrollment", () -> Rows.equal("j1", SERVICE.getIndividualEnrollment("j1").getRegistrationId()));
        call("getIndividualEnrollment (404: ProvisioningServiceClientNotFoundException)", () ->
            fails(ProvisioningServiceClientNotFoundException.class, () -> SERVICE.getIndividualEnrollment("nobody")));
        call("getIndividualEnrollmentAttestationMechanism", () -> {
            var mechanism = SERVICE.getIndividualEnrollmentAttestationMechanism(ID);
            Rows.equal(AttestationMechanismType.SYMMETRIC_KEY, mechanism.getType());
            Rows.equal(KEY, keyOf(mechanism.getAttestation()));
        });
        call("runBulkEnrollmentOperation", () -> {
            var bulk = List.of(new IndividualEnrollment("j1", keys), new IndividualEnrollment("j2", keys));
            var result = SERVICE.runBulkEnrollmentOperation(BulkOperationMode.CREATE, bulk);
            Rows.equal(false, result.getSuccessful());
            Rows.equal(1, result.getErrors().size());
        });
        call("createIndividualEnrollmentQuery, page by page", () ->
            Rows.holds(pages(SERVICE.createIndividualEnrollmentQuery(new QuerySpecification("SELECT * FROM enrollments"), 2)) > 2, "too few rows"));
        call("createOrUpdateEnrollmentGroup", () ->
            Rows.equal("jg", SERVICE.createOrUpdateEnrollmentGroup(new EnrollmentGroup("jg", keys)).getEnrollmentGroupId()));
        call("getEnrollmentGroup", () -> Rows.equal(ProvisioningStatus.ENABLED, SERVICE.getEnrollmentGroup("jg").getProvisioningStatus()));
        call("getEnrollmentGroupAttestationMechanism", () -> {
            var mechanism = SERVICE.getEnrollmentGroupAttestationMechanism("java-x509");
            Rows.equal(AttestationMechanismType.X509, mechanism.getType());
            var root = ((X509Attestation) mechanism.getAttestation()).getRootCertificates().getPrimary();
            Rows.holds(root.getInfo().getSubjectName().contains("oracle root"), "no subject");
        });
        call("createEnrollmentGroupQuery", () ->
            Rows.holds(pages(SERVICE.createEnrollmentGroupQuery(new QuerySpecification("SELECT * FROM enrollmentGroups"), 10)) > 1, "too few rows"));
        call("getDeviceRegistrationState", () -> {
            var state = SERVICE.getDeviceRegistrationState("java-https");
            Rows.equal(EnrollmentStatus.ASSIGNED, state.getStatus());
            Rows.equal("java-https", state.getDeviceId());
        });
        call("createEnrollmentGroupRegistrationStateQuery", () -> Rows.equal(5,
            pages(SERVICE.createEnrollmentGroupRegistrationStateQuery(new QuerySpecification("SELECT * FROM deviceRegistrations"), "java-x509", 2))));
        call("deleteDeviceRegistrationState", () -> SERVICE.deleteDeviceRegistrationState("java-https"));
        call("getDeviceRegistrationState (deleted: ProvisioningServiceClientNotFoundException)", () ->
            fails(ProvisioningServiceClientNotFoundException.class, () -> SERVICE.getDeviceRegistrationState("java-https")));
        call("deleteIndividualEnrollment (stale etag: ProvisioningServiceClientPreconditionFailedException)", () ->
            fails(ProvisioningServiceClientPreconditionFailedException.class, () -> SERVICE.deleteIndividualEnrollment("j1", "\"x\"")));
        for (String id : List.of("j1", "j2")) call("deleteIndividualEnrollment " + id, () -> SERVICE.deleteIndividualEnrollment(id));
        for (String id : List.of("jg", "java-x509")) call("deleteEnrollmentGroup " + id, () -> SERVICE.deleteEnrollmentGroup(id));
    }

    private static String keyOf(Attestation attestation) {
        return ((SymmetricKeyAttestation) attestation).getPrimaryKey();
    }

    private static int pages(Query query) {
        int rows = 0;
        while (query.hasNext()) rows += query.next().getItems().length;
        return rows;
    }

    private static void fails(Class<? extends Exception> expected, Rows.Action run) throws Exception {
        try {
            run.run();
        } catch (Exception error) {
            if (expected.isInstance(error)) return;
            throw error;
        }
        throw new IllegalStateException("it succeeded");
    }

    private static <T> T call(String call, Rows.Call<T> run) {
        return Rows.row("service", call, run);
    }

    private static void call(String call, Rows.Action run) {
        Rows.row("service", call, run);
    }
}
