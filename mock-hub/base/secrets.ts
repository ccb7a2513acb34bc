/** Secrets in text: the one function that log, journal and error messages of every protocol pass through. */

import { percentDecoded } from './percent.ts'

const HIDDEN = '***'
/** Fields of tokens, connection strings and URLs that are secret whatever they hold. */
const SECRET_FIELD = /(?<![A-Za-z])(sig|SharedAccessKey|AccountKey)(=|%3D)[^&;\s"']+/gi
/** Fields that are secret by their name when they hold enough for a secret. */
const LIKELY_FIELD = /\b(\w*(?:key|token|secret|password|signature))(=|%3D)[^&;\s"']{16,}/gi
/** The same as JSON and YAML write it. */
const LIKELY_MEMBER = /\b(\w*(?:key|token|secret|password|signature)\\?["']?\s*:\s*\\?["']?)[\w+/=.-]{22,}/gi
const HEADER_VALUE = /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/g
const QUERY = /\?[^\s"'<>]+/g
/** Names of query parameters, percent-decoded. */
const SECRET_PARAMETER =
  /(?:sig|signature|key|token|secret|password|passwd|pwd|credentials?|sas|authorization)$/i
/** The value of a parameter of any name: 32 bytes in base64 or base64url, or a JSON web token. */
const SECRET_VALUE = /^(?:(?:[\w+/-]|%2B|%2F){43,}(?:=|%3D){0,2}|eyJ[\w-]+\.[\w-]+\.[\w-]*)$/i

/** The text with `***` in place of signatures, keys, passwords and tokens. */
export function withoutSecrets(text: string): string {
  return text
    .replace(QUERY, queryWithoutSecrets)
    .replace(SECRET_FIELD, `$1$2${HIDDEN}`)
    .replace(LIKELY_FIELD, `$1$2${HIDDEN}`)
    .replace(LIKELY_MEMBER, `$1${HIDDEN}`)
    .replace(HEADER_VALUE, `$1 ${HIDDEN}`)
}

function queryWithoutSecrets(query: string): string {
  const fields = query.slice(1).split('&')
  return `?${fields.map(fieldWithoutSecret).join('&')}`
}

function fieldWithoutSecret(field: string): string {
  const equals = field.indexOf('=')
  if (equals < 0 || equals === field.length - 1) return field
  const [name, value] = [field.slice(0, equals), field.slice(equals + 1)]
  return SECRET_PARAMETER.test(percentDecoded(name)) || SECRET_VALUE.test(value) ? `${name}=${HIDDEN}` : field
}
