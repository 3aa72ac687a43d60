// Preloaded into a program whose clock is to stand still, so that nothing in it ends for having grown old.
const at = Date.now();
Date.now = () => at;
