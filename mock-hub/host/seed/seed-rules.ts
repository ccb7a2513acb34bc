/** The rules for seeds, whether they come from code or from a file, and the JSON schema of seed files. */

import { EVENT_SOURCE_LIST } from '../setting-rules.ts'
import { isSnapshot } from './snapshot-seed.ts'
import {
  BOOLEAN,
  described,
  ID,
  listOf,
  OBJECT,
  objectOf,
  oneOf,
  rule,
  type Rule,
  TEXT,
} from '../value-rules.ts'

const IDENTITY = {
  status: described(oneOf('enabled', 'disabled'), 'Default: enabled.'),
  statusReason: described(TEXT, 'Free text, at most 128 characters.'),
  key: described(
    TEXT,
    'Primary key in base64, short for authentication.symmetricKey.primaryKey. Default: derived from the CA of the directory (--dir), or random in process.',
  ),
  authentication: described(
    objectOf({
      type: described(
        oneOf('sas', 'selfSigned', 'certificateAuthority', 'none'),
        'Default: sas, or selfSigned when a thumbprint is given.',
      ),
      symmetricKey: described(
        objectOf({
          primaryKey: described(TEXT, 'Default: as for key.'),
          secondaryKey: described(TEXT, 'Default: as for key.'),
        }),
        'Keys in base64.',
      ),
      x509Thumbprint: described(
        objectOf({
          primaryThumbprint: described(TEXT, 'Of one certificate.'),
          secondaryThumbprint: described(TEXT, 'Of another one, for the time of a change.'),
        }),
        'SHA-1 or SHA-256 of client certificates, in hexadecimal.',
      ),
    }),
    'How the identity authenticates, as in the REST API of the service.',
  ),
  tags: described(OBJECT, 'Tags of the twin.'),
  properties: described(
    objectOf({
      desired: described(OBJECT, 'Desired properties.'),
      reported: described(OBJECT, 'Reported properties.'),
    }),
    'Properties of the twin.',
  ),
}
const MODULE = objectOf({ moduleId: described(ID, 'ID of the module.'), ...IDENTITY }, ['moduleId'])
const DEVICE = objectOf(
  {
    deviceId: described(ID, 'ID of the device.'),
    ...IDENTITY,
    capabilities: described(
      objectOf({ iotEdge: described(BOOLEAN, 'true: an edge device. Default: false.') }),
      'What the device can be.',
    ),
    parent: described(ID, 'ID of the edge device that is the gateway; it comes earlier in the file.'),
    modules: described(listOf(MODULE), 'Modules of the device.'),
  },
  ['deviceId'],
)
/** The provisioning service itself checks the fields. @param id the name of the id. */
const enrollment = (id: string): Rule =>
  rule(
    `to be an object with ${id}`,
    (value) => typeof value === 'object' && value !== null && typeof Reflect.get(value, id) === 'string',
    {
      type: 'object',
      properties: { [id]: { type: 'string', description: 'Its ID; beside it the fields of the REST API.' } },
      required: [id],
    },
  )
const WEIGHT = rule(
  'to be a whole number from 1 to 1000',
  (value) => Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= 1_000,
  { type: 'integer', minimum: 1, maximum: 1_000 },
)
const SEED = objectOf({
  devices: described(listOf(DEVICE), 'Devices, in order of creation.'),
  routes: described(
    listOf(TEXT),
    'Routes of IoT Edge between modules, for example FROM /messages/* INTO $upstream.',
  ),
  enrollments: described(
    listOf(enrollment('registrationId')),
    'Individual enrollments of the provisioning service, as its REST API has them.',
  ),
  enrollmentGroups: described(
    listOf(enrollment('enrollmentGroupId')),
    'Enrollment groups of the provisioning service, as its REST API has them.',
  ),
  certificates: described(
    listOf(
      objectOf(
        {
          name: described(TEXT, 'Name of the certificate.'),
          certificate: described(TEXT, 'The certificate in PEM.'),
          verified: described(
            BOOLEAN,
            'Whether its owner has proved to have the private key. Default: true.',
          ),
        },
        ['name', 'certificate'],
      ),
    ),
    'Certificates of authorities for X.509 enrollment groups.',
  ),
  linkedHubs: described(
    listOf(
      objectOf(
        {
          connectionString: described(TEXT, 'Service connection string of the hub.'),
          allocationWeight: described(WEIGHT, 'Share of the devices, 1 to 1000. Default: 1.'),
          ca: described(TEXT, 'Root certificates of the hub in PEM. Default: those of the system.'),
        },
        ['connectionString'],
      ),
    ),
    'Hubs elsewhere to which the provisioning service may assign devices.',
  ),
  eventSources: described(EVENT_SOURCE_LIST, 'Events that the hub adds to the device-to-cloud messages.'),
})

/** A `Seed`, or a snapshot, whose fields `checkSnapshot` checks. */
export const SEED_OR_SNAPSHOT: Rule = {
  text: SEED.text,
  problem: (given, field) => (isSnapshot(given) ? undefined : SEED.problem(given, field)),
}

/** JSON schema of a seed file, `mock-iot-hub/seed.schema.json`. */
export const SEED_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Seed of mock-iot-hub: devices, modules, twins and routes that a hub starts with',
  ...SEED.schema,
}
