/** The body of Put Block List: the blocks of a blob, in order. */

import { BlobError } from './blob-error.ts'

export interface BlockReference {
  readonly from: 'latest' | 'committed' | 'uncommitted'
  /** base64, as given at Put Block. */
  readonly id: string
}

const ENTRY = /\s*<(Latest|Committed|Uncommitted)>([A-Za-z0-9+/=]*)<\/\1>\s*/y
const OPEN = /^\ufeff?\s*(?:<\?xml[^<>]*\?>)?\s*<BlockList\s*(\/>|>)/
const CLOSE = /\s*<\/BlockList>\s*$/y

/** The maximum number of blocks of a blob. */
const MOST_BLOCKS = 50_000

/** @throws BlobError 400 InvalidXmlDocument, BlockListTooLong. */
export function parseBlockList(xml: string): readonly BlockReference[] {
  const open = OPEN.exec(xml)
  if (open === null) throw invalid('the root element must be BlockList')
  if (open[1] === '/>') return []
  const references: BlockReference[] = []
  let at = open[0].length
  for (;;) {
    ENTRY.lastIndex = at
    const entry = ENTRY.exec(xml)
    if (entry === null) break
    references.push({
      // The expression matches only these three names.
      from: (entry[1] ?? '').toLowerCase() as BlockReference['from'],
      id: entry[2] ?? '',
    })
    at = ENTRY.lastIndex
  }
  CLOSE.lastIndex = at
  if (!CLOSE.test(xml)) throw invalid(`unexpected text at character ${String(at)}`)
  if (references.length > MOST_BLOCKS)
    throw new BlobError(400, 'BlockListTooLong', 'The block list may not contain more than 50,000 blocks.')
  return references
}

function invalid(detail: string): BlobError {
  return new BlobError(400, 'InvalidXmlDocument', `XML specified is not syntactically valid: ${detail}.`)
}
