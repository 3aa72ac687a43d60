// Reads what can be read of a wrong environment, for whoever is to say what is wrong with it.
import { type Config, ConfigError, environmentWith, readConfig } from './config.ts';

/** For `tocsin doctor`: what is wrong, and the rest of the configuration, with defaults in the place of what is wrong. */
export function readConfigAnyway(env: Record<string, string | undefined> = environmentWith({})): {
  config: Config;
  problems: readonly string[];
} {
  const left: typeof env = { ...env };
  let problems: readonly string[] | undefined;
  for (;;) {
    try {
      return { config: readConfig(left), problems: problems ?? [] };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems ??= error.problems;
      // What is taken away may make another variable wrong, as the host of a server that is no production any more.
      const names = error.problems.map((problem) => problem.split(' ', 1)[0] as string);
      if (names.every((name) => left[name] === undefined && name !== 'SECRET_KEY')) throw error;
      for (const name of names) left[name] = undefined;
      // Never used for anything: whoever asks sees that it is among the problems.
      if (names.includes('SECRET_KEY')) left.SECRET_KEY = 'no key '.repeat(8);
      if (names.includes('DB_POOL_MIN')) left.DB_POOL_MIN = '0';
    }
  }
}
