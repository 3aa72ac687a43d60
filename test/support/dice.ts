// Random numbers that are the same on every machine and run.

/** Makes a source of random numbers from a seed. */
export function makeDice(seed: number) {
  let state = seed >>> 0;
  /** Evenly between 0 and 1 (mulberry32). */
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const poisson = (mean: number) => {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * gauss()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = random(); product > limit; product *= random()) count++;
    return count;
  };
  /** How many of n happen, each with this share; for many rare ones by Poisson, for many others by their normal limit. */
  const binomial = (n: number, share: number): number => {
    if (n <= 0 || share <= 0) return 0;
    if (share > 0.5) return n - binomial(n, 1 - share);
    if (n * share > 30)
      return Math.min(n, Math.max(0, Math.round(n * share + Math.sqrt(n * share * (1 - share)) * gauss())));
    if (n > 200) return Math.min(n, poisson(n * share));
    let count = 0;
    for (let i = 0; i < n; i++) if (random() < share) count++;
    return count;
  };
  return { random, gauss, poisson, binomial };
}
