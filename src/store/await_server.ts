// Waits at the start for a PostgreSQL server that is still starting itself.
import type { Sql } from './sql.ts';

/**
 * Resolves when the server answers.
 * @param onWait called once, when the first attempt failed
 * @throws Error that names the server, but never the password, when it refuses us or the time has passed
 */
export async function awaitServer(sql: Sql, timeoutMs: number, onWait: (reason: string) => void): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const { host, port, database, user } = sql.options;
  for (let attempt = 1; ; attempt++) {
    try {
      await sql`select 1`;
      return;
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      // Nobody listens there yet, its name is not known yet, or it says itself that it is starting.
      const mayCome = [
        'ECONNREFUSED',
        'ECONNRESET',
        'ENOTFOUND',
        'CONNECT_TIMEOUT',
        'CONNECTION_CLOSED',
        '57P03',
      ].includes(code ?? '');
      if (!mayCome || performance.now() > deadline) {
        const where = `${String(host)}:${String(port)}`;
        throw new Error(`Cannot use database ${database} as ${user} at ${where}: ${message}`, { cause: error });
      }
      if (attempt === 1) onWait(message);
    }
    await Bun.sleep(250);
  }
}
