import { expect, test } from 'vitest'
import { parseAnswerTopic } from './topics.ts'

test('answers of other forms are no answers', () => {
  for (const topic of ['$dps/registrations/res/20/?$rid=1', '$dps/registrations/res/200/?x=1', 'a'])
    expect(parseAnswerTopic(topic)).toBeUndefined()
  expect(parseAnswerTopic('$dps/registrations/res/202/?$rid=a%2Fb&retry-after=x')).toEqual({
    status: 202,
    requestId: 'a/b',
    retryAfter: undefined,
  })
})
