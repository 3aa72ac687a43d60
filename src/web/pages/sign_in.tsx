// Asks for a token or an API key, when the server does.
import { useRef } from 'preact/hooks';
import { Code } from '../parts/code.tsx';
import { refusal, signIn } from '../stores/session.ts';

export function SignInPage() {
  const field = useRef<HTMLInputElement>(null);
  return (
    <main class="sign-in">
      <h1>Sign in to Tocsin</h1>
      {refusal.value ? (
        <p class="field-problem" role="alert">
          {refusal.value}
        </p>
      ) : null}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const text = field.current?.value.trim();
          if (text) signIn(text);
        }}
      >
        <label for="credential">Token or API key</label>
        <input
          id="credential"
          ref={field}
          type="password"
          class="mono"
          autocomplete="off"
          required
          aria-describedby="credential-help"
        />
        <p id="credential-help" class="field-help">
          It is kept in this tab only, and forgotten when you close it.
        </p>
        <button type="submit" class="button primary">
          Sign in
        </button>
      </form>
      <section>
        <h2>How to get one</h2>
        <p>On the server, where its SECRET_KEY is set:</p>
        <Code text="bun src/cli.ts token --sub me --role admin" label="Make a token" />
      </section>
    </main>
  );
}
