/** JSON values. */

/** A JSON value; twins, method payloads and bodies are made of it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}
