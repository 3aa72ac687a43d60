// A database that crashes as it greets, and comes back: prints whether the rejection that nobody has is known, and what the caller gets.
import { createServer } from 'node:net';
import { isLostGreeting, openSql } from '../../src/store/sql.ts';

const message = (type: string, ...parts: (Buffer | string)[]) => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const welcome = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', 'I')]);
const startingUp = message(
  'E',
  'SFATAL\0',
  'C57P03\0',
  'Mthe database system is not yet accepting connections\0',
  '\0',
);

let connections = 0;
const server = createServer((socket) => {
  const number = ++connections;
  let isGreeted = false;
  socket.on('error', () => undefined);
  socket.on('data', () => {
    if (number === 2) return void socket.end(startingUp);
    if (isGreeted) return void (number === 1 && socket.destroy());
    isGreeted = true;
    socket.write(welcome);
  });
});
process.on('unhandledRejection', (error) => console.log(`unhandled, known: ${isLostGreeting(error)}`));
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address() as { port: number };
  const sql = openSql(`postgres://a:b@127.0.0.1:${port}/c`, { max: 1 });
  await sql`select 1`.catch((error: { code?: string }) => console.log(`caller: ${error.code}`));
  setImmediate(() => process.exit(0));
});
