// States as a shape, a colour and a word together, so that each can be read without the others.
import type { AlertStatus, AttemptStatus, DeliveryStatus, HealthStatus, Severity } from '../api/types.ts';
import { deliveryWords } from '../words/delivery.ts';
import { healthWords } from '../words/webhook.ts';

export type Tone = 'healthy' | 'degraded' | 'unavailable' | 'unknown' | 'accent';

type Shape = 'disc' | 'triangle' | 'square' | 'ring' | 'bar' | 'half' | 'pause';

const paths: Record<Shape, string> = {
  disc: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Z',
  triangle: 'M6 .9 11.6 11H.4L6 .9Z',
  square:
    'M1.2 1.2h9.6v9.6H1.2V1.2Zm2.5 1.4L2.6 3.7 4.9 6 2.6 8.3l1.1 1.1L6 7.1l2.3 2.3 1.1-1.1L7.1 6l2.3-2.3-1.1-1.1L6 4.9 3.7 2.6Z',
  ring: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Zm0 1.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8Z',
  bar: 'M1 5h10v2H1V5Z',
  half: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Zm0 1.6v6.8a3.4 3.4 0 1 0 0-6.8Z',
  pause: 'M2 1.5h3v9H2v-9Zm5 0h3v9H7v-9Z',
};

/** A shape alone, for places where the word stands beside it already. */
export function Mark({ shape, tone, size = 12 }: { shape: Shape; tone: Tone; size?: number }) {
  return (
    <svg class={`mark ${tone}`} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
      <path d={paths[shape]} fill-rule="evenodd" />
    </svg>
  );
}

const healthShapes: Record<HealthStatus, Shape> = {
  healthy: 'disc',
  degraded: 'triangle',
  unavailable: 'square',
  unknown: 'ring',
};

export function HealthShape({ status, size }: { status: HealthStatus; size?: number }) {
  return <Mark shape={healthShapes[status]} tone={status} {...(size ? { size } : {})} />;
}

/** `paused` wins over the health: nothing is sent. */
export function HealthMark({ status, isPaused = false }: { status: HealthStatus; isPaused?: boolean }) {
  if (isPaused) return <Word shape="pause" tone="unknown" word="Paused" />;
  return <Word shape={healthShapes[status]} tone={status} word={healthWords[status]} />;
}

const deliveryMarks: Record<DeliveryStatus, [Shape, Tone]> = {
  pending: ['ring', 'unknown'],
  sending: ['half', 'accent'],
  delivered: ['disc', 'healthy'],
  failed: ['square', 'unavailable'],
  cancelled: ['bar', 'unknown'],
};

/** A waiting delivery that has failed before is shown as retrying. */
export function DeliveryMark({ status, attempts = 0 }: { status: DeliveryStatus; attempts?: number }) {
  if (status === 'pending' && attempts > 0) return <Word shape="triangle" tone="degraded" word="Retrying" />;
  const [shape, tone] = deliveryMarks[status];
  return <Word shape={shape} tone={tone} word={deliveryWords[status]} />;
}

export function AttemptMark({ status }: { status: AttemptStatus }) {
  if (status === 'retrying') return <Word shape="triangle" tone="degraded" word="Failed" />;
  const [shape, tone] = deliveryMarks[status];
  return <Word shape={shape} tone={tone} word={deliveryWords[status]} />;
}

const severityMarks: Record<Severity, [Shape, Tone, string]> = {
  CRITICAL: ['square', 'unavailable', 'Critical'],
  WARNING: ['triangle', 'degraded', 'Warning'],
  INFO: ['ring', 'unknown', 'Info'],
};

export function SeverityMark({ severity }: { severity: Severity }) {
  const [shape, tone, word] = severityMarks[severity];
  return <Word shape={shape} tone={tone} word={word} />;
}

const alertMarks: Record<AlertStatus, [Shape, Tone, string]> = {
  pending: ['half', 'accent', 'Pending'],
  acknowledged: ['ring', 'unknown', 'Acknowledged'],
  resolved: ['disc', 'healthy', 'Resolved'],
};

export function AlertMark({ status }: { status: AlertStatus }) {
  const [shape, tone, word] = alertMarks[status];
  return <Word shape={shape} tone={tone} word={word} />;
}

export function Word({ shape, tone, word }: { shape: Shape; tone: Tone; word: string }) {
  return (
    <span class="state">
      <Mark shape={shape} tone={tone} />
      {word}
    </span>
  );
}
