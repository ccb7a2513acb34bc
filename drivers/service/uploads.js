/**
 * File uploads of the official Node device SDK, and of @azure/storage-blob with the SAS that the SDK receives, to the hub
 * of IOTHUB_DEVICE_CONNECTION_STRING. Prints one JSON object per line with the outcome of each.
 */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { BlockBlobClient } from '@azure/storage-blob'
import device from 'azure-iot-device'
import transports from 'azure-iot-device-mqtt'
import { row } from './rows.js'

const MB = 1_048_576
const client = device.Client.fromConnectionString(
  process.env.IOTHUB_DEVICE_CONNECTION_STRING,
  transports.Mqtt,
)
const U = (call, run) => row('uploads', call, run)

/** Chunks of 1 MB, generated on demand. */
function* pieces(megabytes) {
  const piece = randomBytes(MB)
  for (let made = 0; made < megabytes; made++) yield piece
}

/** Requests a SAS, uploads with it, and notifies the hub. */
async function upload(blobName, run) {
  const {
    hostName,
    containerName,
    blobName: signed,
    sasToken,
    correlationId,
  } = await client.getBlobSharedAccessSignature(blobName)
  const blob = new BlockBlobClient(`https://${hostName}/${containerName}/${encodeURI(signed)}${sasToken}`)
  await run(blob)
  await client.notifyBlobUploadStatus(correlationId, true, 200, 'done')
  return blob
}

await U('uploadToBlob (1 byte)', () =>
  client.uploadToBlob('one-byte.bin', Readable.from([Buffer.from('x')]), 1),
)
await U('uploadToBlob (5 MB)', () => client.uploadToBlob('five.bin', Readable.from(pieces(5)), 5 * MB))
await U(
  'getBlobSharedAccessSignature, BlockBlobClient.upload (1 byte), download, notifyBlobUploadStatus',
  async () => {
    const blob = await upload('a b/c+d&e.txt', (to) => to.upload('x', 1))
    assert.equal((await blob.downloadToBuffer()).toString(), 'x')
  },
)
await U('BlockBlobClient.upload (5 MB in one piece), download of it', async () => {
  const bytes = randomBytes(5 * MB)
  const blob = await upload('five-piece.bin', (to) => to.upload(bytes, bytes.length))
  assert.ok(bytes.equals(await blob.downloadToBuffer()))
})
await U('BlockBlobClient.uploadStream (300 MB in blocks)', async () => {
  const blob = await upload('big.bin', (to) => to.uploadStream(Readable.from(pieces(300)), 4 * MB, 4))
  assert.equal((await blob.getProperties()).contentLength, 300 * MB)
})
await U('a signature of another blob is refused', async () => {
  const { hostName, containerName, sasToken, correlationId } =
    await client.getBlobSharedAccessSignature('mine.bin')
  const foreign = new BlockBlobClient(`https://${hostName}/${containerName}/other.bin${sasToken}`)
  await assert.rejects(foreign.upload('x', 1), { statusCode: 403 })
  await client.notifyBlobUploadStatus(correlationId, false, 403, 'refused')
})
process.exit(0)
