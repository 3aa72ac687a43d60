// Says that the connection is lost, since when, and that what is shown is old.
import { now } from '../clock.ts';
import { clockSeconds, duration } from '../format/times.ts';
import { linkState, lostAt } from '../live/link.ts';
import { retryNow } from '../live/socket.ts';

export function ConnectionBanner() {
  const since = lostAt.value;
  const isLost = linkState.value === 'disconnected' || linkState.value === 'connecting';
  if (since === null || !isLost) return null;
  const seconds = Math.max(0, (now.value - since) / 1_000);
  return (
    <div class="banner" role="alert">
      <p>
        <strong>Disconnected{seconds >= 5 ? ` for ${duration(seconds)}` : ''}.</strong> What you see is as of{' '}
        {clockSeconds(since)}. The page connects again by itself and then catches up.
      </p>
      <button type="button" class="button small" onClick={retryNow}>
        Try now
      </button>
    </div>
  );
}
