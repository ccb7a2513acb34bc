/** Refusals of the blob endpoint in the format of Azure Storage: status, `x-ms-error-code`, XML body. */

/** A refusal of the blob endpoint. */
export class BlobError extends Error {
  readonly status: number
  /** Azure Storage's name of the error, for example `AuthenticationFailed`. */
  readonly code: string
  /** The exact problem, for the caller; contains no signature. */
  readonly detail: string

  /** @param detail the exact problem, without signatures and keys. */
  constructor(status: number, code: string, message: string, detail = '') {
    super(message)
    this.name = 'BlobError'
    this.status = status
    this.code = code
    this.detail = detail
  }
}

/** @param detail the check that failed. */
export function authenticationFailed(detail: string): BlobError {
  return new BlobError(
    403,
    'AuthenticationFailed',
    'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
    detail,
  )
}

/** The XML body. */
export function errorXml(error: BlobError, requestId: string, time: string): string {
  const element = error.status === 403 ? 'AuthenticationErrorDetail' : 'Detail'
  const detail = error.detail === '' ? '' : `<${element}>${escaped(error.detail)}</${element}>`
  return (
    '<?xml version="1.0" encoding="utf-8"?>' +
    `<Error><Code>${error.code}</Code>` +
    `<Message>${escaped(error.message)}\nRequestId:${requestId}\nTime:${time}</Message>${detail}</Error>`
  )
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`)
}
