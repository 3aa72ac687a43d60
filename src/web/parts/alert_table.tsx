// Rows of alerts, each with a box that marks it.
import type { Alert } from '../api/types.ts';
import { href } from '../router.ts';
import { AlertMark, SeverityMark } from './marks.tsx';
import { Time } from './time.tsx';

interface AlertTableProps {
  rows: readonly Alert[];
  freshIds: ReadonlySet<number>;
  marked: ReadonlySet<number>;
  onMark: (id: number) => void;
}

export function AlertTable({ rows, freshIds, marked, onMark }: AlertTableProps) {
  return (
    <table class="rows alerts">
      <thead>
        <tr>
          <th>
            <span class="visually-hidden">Marked</span>
          </th>
          <th>Severity</th>
          <th>Message</th>
          <th>Type</th>
          <th>State</th>
          <th class="number">Raised</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((alert) => (
          <tr
            key={alert.id}
            data-row={alert.id}
            class={`${freshIds.has(alert.id) ? 'fresh' : ''} ${marked.has(alert.id) ? 'marked' : ''} ${alert.status}`}
          >
            <td class="c-mark">
              <input
                type="checkbox"
                aria-label={`Mark alert ${alert.id}`}
                checked={marked.has(alert.id)}
                tabIndex={-1}
                onChange={() => onMark(alert.id)}
              />
            </td>
            <td class="c-state">
              <SeverityMark severity={alert.severity} />
            </td>
            <td class="c-main">
              <a class="row-link" href={href(`/alerts/${alert.id}`)}>
                {alert.message}
              </a>
            </td>
            <td class="c-sub mono faint">{alert.alert_type}</td>
            <td class="c-status">
              <AlertMark status={alert.status} />
            </td>
            <td class="c-time number">
              <Time at={alert.created_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
