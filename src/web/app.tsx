// The frame: rail, top line, the banner of a lost connection, and the page that the address names.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { useKeys } from './keyboard.ts';
import { AlertPage } from './pages/alert.tsx';
import { AlertsPage } from './pages/alerts.tsx';
import { DeliveriesPage } from './pages/deliveries.tsx';
import { DeliveryPage } from './pages/delivery.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { SignInPage } from './pages/sign_in.tsx';
import { SystemPage } from './pages/system.tsx';
import { WebhookPage } from './pages/webhook.tsx';
import { EditWebhookPage, NewWebhookPage } from './pages/webhook_edit.tsx';
import { WebhooksPage } from './pages/webhooks.tsx';
import { ConnectionBanner } from './parts/banner.tsx';
import { KeyboardHelp } from './parts/keyboard_help.tsx';
import { Notices } from './parts/notices.tsx';
import { Rail } from './parts/rail.tsx';
import { TopLine } from './parts/top_line.tsx';
import { href, path } from './router.ts';
import { isSignInNeeded } from './stores/session.ts';
import { matchPath } from './url_state.ts';

interface Route {
  pattern: string;
  /** Stands in the window's title. */
  title: string;
  page: (params: Record<string, string>) => ComponentChildren;
}

const routes: readonly Route[] = [
  { pattern: '', title: 'Overview', page: () => <OverviewPage /> },
  { pattern: '/webhooks', title: 'Webhooks', page: () => <WebhooksPage /> },
  { pattern: '/webhooks/new', title: 'New webhook', page: () => <NewWebhookPage /> },
  { pattern: '/webhooks/:id', title: 'Webhook', page: ({ id }) => <WebhookPage key={id} id={Number(id)} /> },
  {
    pattern: '/webhooks/:id/edit',
    title: 'Edit webhook',
    page: ({ id }) => <EditWebhookPage key={id} id={Number(id)} />,
  },
  { pattern: '/alerts', title: 'Alerts', page: () => <AlertsPage /> },
  { pattern: '/alerts/:id', title: 'Alert', page: ({ id }) => <AlertPage key={id} id={Number(id)} /> },
  { pattern: '/deliveries', title: 'Deliveries', page: () => <DeliveriesPage /> },
  { pattern: '/deliveries/:id', title: 'Delivery', page: ({ id }) => <DeliveryPage key={id} id={Number(id)} /> },
  { pattern: '/system', title: 'System', page: () => <SystemPage /> },
];

export function App() {
  const isHelpOpen = useSignal(false);
  const openHelp = () => {
    isHelpOpen.value = true;
  };
  useKeys({ '?': openHelp });
  const { title, content } = findPage(path.value);
  useEffect(() => {
    document.title = `${isSignInNeeded.value ? 'Sign in' : title} · Tocsin`;
  }, [title, isSignInNeeded.value]);
  if (isSignInNeeded.value) return <SignInPage />;
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Rail />
      <div class="body">
        <TopLine onHelp={openHelp} />
        <ConnectionBanner />
        <main id="content" tabIndex={-1}>
          {content}
        </main>
      </div>
      <Notices />
      {isHelpOpen.value ? <KeyboardHelp onClose={() => (isHelpOpen.value = false)} /> : null}
    </>
  );
}

function findPage(at: string): { title: string; content: ComponentChildren } {
  for (const { pattern, title, page } of routes) {
    const params = matchPath(pattern, at);
    // Ids are numbers; anything else names no page.
    if (params && Object.values(params).every((value) => /^\d{1,16}$/.test(value)))
      return { title, content: page(params) };
  }
  return {
    title: 'Not found',
    content: (
      <div class="empty">
        <h1>There is no page at this address</h1>
        <p>
          <a href={href('')}>Go to the overview</a>
        </p>
      </div>
    ),
  };
}
