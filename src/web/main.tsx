// The page's entry: theme first, so that nothing flashes, then router, clock, keyboard, live connection, and the app.
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { startClock } from './clock.ts';
import { startKeyboard } from './keyboard.ts';
import { keepSamples } from './live/samples.ts';
import { connect, disconnect } from './live/socket.ts';
import { goToPage } from './places.ts';
import { startRouter } from './router.ts';
import { credential, isSignInNeeded, tenantChoice } from './stores/session.ts';
import { startTheme } from './theme.ts';

startTheme();
startRouter();
startClock();
startKeyboard(goToPage);
keepSamples();
effect(() => {
  // A new credential or tenant is a new connection.
  void credential.value;
  void tenantChoice.value;
  if (isSignInNeeded.value) disconnect();
  else connect();
});
render(<App />, document.body);
