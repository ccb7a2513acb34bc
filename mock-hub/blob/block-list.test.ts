import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseBlockList } from './block-list.ts'

describe('block list', () => {
  test('with declaration, byte order mark and white space', () => {
    expect(
      parseBlockList(
        '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<BlockList>\n <Latest>AAA=</Latest>\n<Committed>QQ==</Committed><Uncommitted>Qg==</Uncommitted></BlockList>\n',
      ),
    ).toEqual([
      { from: 'latest', id: 'AAA=' },
      { from: 'committed', id: 'QQ==' },
      { from: 'uncommitted', id: 'Qg==' },
    ])
  })

  test.each(['<BlockList/>', '<BlockList></BlockList>'])('empty: %s', (xml) => {
    expect(parseBlockList(xml)).toEqual([])
  })

  test.each([
    '',
    '<Blocks></Blocks>',
    '<BlockList>',
    '<BlockList><Latest>a</Committed></BlockList>',
    '<BlockList><Other>a</Other></BlockList>',
    '<BlockList><Latest><b/></Latest></BlockList>',
    '<BlockList></BlockList><BlockList></BlockList>',
  ])('refused: %s', (xml) => {
    expect(() => parseBlockList(xml)).toThrow(
      expect.objectContaining({ status: 400, code: 'InvalidXmlDocument' }) as Error,
    )
  })

  test('any text is either a list or a 400', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseBlockList(`<BlockList>${text}</BlockList>`)
        } catch (error) {
          expect(error).toMatchObject({ status: 400 })
        }
      }),
    )
  })
})
