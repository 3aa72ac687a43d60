// The example of a typed client, against the real server; the compiler checks it with the rest of the suite.
import { expect, test } from 'bun:test';
import { raiseAndFollow } from '../../docs/examples/client.ts';
import { testHttp } from '../support/http.ts';

const http = await testHttp();

test('the example does what it says', async () => {
  const { authorization = '' } = await http.bearer();
  const answer = await raiseAndFollow(http.url, authorization.slice(7), 'https://example.com/in');
  expect(answer).toEqual({
    secret: expect.stringMatching(/^whsec_/),
    alertId: expect.any(Number),
    statuses: ['pending'],
  });
});

test('the example says what went wrong', async () => {
  const refused = raiseAndFollow(http.url, 'no token', 'https://example.com/in');
  expect(await refused.catch(({ message }) => message)).toBe('No webhook was made: 401');
});
