import { type DestinationKind, SECOND_VALUE } from '../model/credentials.js';
import { DESTINATION_LABEL } from './histograms.js';

/** A counter: what it counts, its label, and what each value of that means. No value ever comes from outside. */
interface CounterDefinition {
  readonly help: string;
  readonly label: string;
  /** '' for what explains itself. */
  readonly values: Readonly<Record<string, string>>;
  /** Whether there is one for each kind of destination, which comes first: `otlp.delivered`. */
  readonly byDestination?: true;
}

/** What l2met counts about itself. docs/metrics.md is made from it. */
export const COUNTERS = {
  requests: {
    help: 'Answers of POST /logs (405: of any method).',
    label: 'status',
    values: {
      '2xx': 'stored, or known from an earlier try',
      '400': 'nothing of it could be read, or an option is malformed',
      '401': 'no credentials, or bad ones',
      '405': 'another method',
      '408': 'did not arrive in time (of any address)',
      '413': 'too large, inflated or not',
      '415': 'an encoding that is not known',
      '429': 'the tenant is over a limit of its own, or its address has guessed too often',
      '500': 'a fault of ours',
      '503': 'the store is away or full, or too much is at work',
      closed: 'sockets closed for log-shuttle in place of 429 or 503',
      aborted: 'hung up before it was read whole',
    },
  },
  request_bytes: {
    help: 'Bytes of drain bodies that were read whole.',
    label: 'form',
    values: { sent: 'as they came', inflated: 'after inflating' },
  },
  sign: { help: 'Answers of POST /sign.', label: 'status', values: { '2xx': '', '400': '', '401': '', '429': '' } },
  queries: {
    help: 'Answers of GET /series and GET /query.',
    label: 'status',
    values: {
      '200': 'what was asked for; all assertions hold',
      '400': 'a parameter is malformed',
      '401': 'no credentials, or bad ones',
      '404': 'RECENT_MS or RECENT_BYTES is 0',
      '405': 'another method',
      '417': 'an assertion does not hold',
      '429': 'too many of the tenant at once, or its address has guessed too often',
      '500': 'a fault of ours',
      '503': 'the store is away, or too many at once',
    },
  },
  tries: {
    help: 'Lines tried by POST /try.',
    label: 'outcome',
    values: {
      answered: '',
      refused: 'a malformed option, too many bytes, too many tries of an address, or switched off',
    },
  },
  options_fallback: {
    help: 'Requests with a malformed option that got its default, since their sender reads no answer.',
    label: 'sender',
    values: { logplex: '', 'log-shuttle': '' },
  },
  message_count_mismatch: {
    help: 'Requests whose Logplex-Msg-Count differs from what was read.',
    label: 'source',
    values: { drain: '' },
  },
  messages: { help: 'Log lines.', label: 'state', values: { read: '' } },
  measurements: {
    help: 'Metrics in log lines, each time that they are read: stored, dropped or duplicate.',
    label: 'kind',
    values: { count: '', measure: '', sample: '', unique: '' },
  },
  measurements_dropped: {
    help: 'Measurements that were read and not stored, or not for certain.',
    label: 'reason',
    values: {
      late: 'past the late deadline, or due and `late=drop`',
      future: 'too far ahead',
      refused: 'over a cap, of the tenant (429) or the embedded store (503); most senders send them again',
      unsure: 'the store did not answer in time (503): it may have them, and then a repeat is a duplicate',
    },
  },
  measurements_duplicate: {
    help: 'Measurements that were not counted again, since an earlier try of their request was stored.',
    label: 'reason',
    values: { repeat: '' },
  },
  measurements_rejected: {
    help: 'Metrics of log lines that were not taken; the rest of their line was.',
    label: 'reason',
    values: {
      'name-empty': '',
      'name-too-long': 'more than 255 bytes, prefix included',
      'source-too-long': 'more than 255 bytes, prefix included',
      'value-malformed': 'no number (`unique#`: no string)',
      'value-range': 'beyond ±1e126',
      'unit-malformed': 'not up to 16 of `A-Za-z%/`',
    },
  },
  frames_rejected: {
    help: 'Frames that could not be read.',
    label: 'reason',
    values: {
      count: 'the octet count cannot be read, or leads nowhere',
      truncated: 'it goes past the body',
      header: 'no `<pri>1` at its start',
    },
  },
  loss_notices: {
    help: 'Messages that a sender says it lost before l2met, in requests that were stored.',
    label: 'code',
    values: {
      L10: 'Logplex: its buffer was full',
      L12: 'log-shuttle dropped them',
      L13: 'log-shuttle could not send them',
    },
  },
  commits: {
    help: 'Tries to store a request.',
    label: 'outcome',
    values: {
      stored: '',
      duplicate: 'an earlier try was stored',
      again: 'the window had just closed: computed anew',
      refused: 'a cap of the tenant or the store',
      unavailable: 'the store did not answer, or not well',
    },
  },
  claims: {
    help: "Tenants' due windows taken for delivery.",
    label: 'outcome',
    values: {
      taken: 'as they stood',
      'taken-over':
        'that nobody settled: its outlet died, was too slow or never got the answer; what it may have sent is sent once more',
      lost: 'the lease ran out and another took it, or the tenant was purged',
      'handed-back': 'at shutdown, not delivered',
    },
  },
  deliveries: {
    help: 'Requests to destinations.',
    label: 'outcome',
    byDestination: true,
    values: {
      delivered: '',
      partial: 'taken, but not all points of it',
      rejected: 'refused for what is in it, or its size: split',
      retryable: 'tried again later',
      refused: 'the tenant is paused',
    },
  },
  points: {
    help: 'Series of windows, by what became of them.',
    label: 'outcome',
    values: {
      delivered: '',
      rejected: 'the destination refuses them',
      collision: 'the destination cannot tell them from others',
      'series-limit': 'over SERIES_LIMIT (at most 10,000 of a window are told apart and counted)',
    },
  },
  windows: {
    help: 'Windows, by what became of a delivery.',
    label: 'outcome',
    values: {
      delivered: '',
      expired: 'older than DELIVERY_AGE_MS, or its list has expired: dropped',
      later: 'put off',
      'unknown-version': 'a later release wrote it: it waits',
      'unknown-key': 'no key in SECRETS opens its token: it waits',
    },
  },
  batches: {
    help: 'Batches (what one request brought for a window) that an outlet could not use.',
    label: 'outcome',
    values: { corrupt: 'cannot be read: left out; once more with each try to deliver the window' },
  },
  redeliveries: {
    help: 'Windows that were delivered once more.',
    label: 'why',
    values: { late: 'lines came after it was delivered' },
  },
  redis_errors: {
    help: 'Commands that Redis did not do; docs/operations.md says what to do.',
    label: 'kind',
    values: {
      connection: 'it cannot be reached',
      certificate: 'it shows one that is not trusted',
      timeout: 'no answer within 1 s',
      oom: 'it is full',
      readonly: 'a replica, since a failover is under way',
      loading: 'it reads its data',
      moved: 'slots are moving',
      tryagain: 'slots are moving',
      clusterdown: 'shards are missing',
      masterdown: 'a replica without its master',
      noreplicas: 'fewer replicas than min-replicas-to-write',
      replicas: 'fewer replicas than REDIS_WAIT_REPLICAS have it',
      noscript: 'it has forgotten a script, which is sent again',
      busy: "another's script runs",
      misconf: 'it cannot save to disk',
      auth: 'it wants other credentials',
    },
  },
} as const satisfies Record<string, CounterDefinition>;

/** A counter's name. */
export type CounterName = keyof typeof COUNTERS;

type Values<N extends CounterName> = keyof (typeof COUNTERS)[N]['values'] & string;

/** The reasons of one counter: a value of its label, behind the kind of destination where it has one. */
export type CounterReason<N extends CounterName> = (typeof COUNTERS)[N] extends { readonly byDestination: true }
  ? `${DestinationKind}.${Values<N>}`
  : Values<N>;

/** Every combination of a counter's labels, with the reason that it is counted under. */
export function labelSets(name: CounterName): { readonly reason: string; readonly labels: Record<string, string> }[] {
  const { label, values, byDestination }: CounterDefinition = COUNTERS[name];
  return Object.keys(values).flatMap((value) =>
    byDestination
      ? Object.keys(SECOND_VALUE).map((kind) => ({
          reason: `${kind}.${value}`,
          labels: { [DESTINATION_LABEL]: kind, [label]: value },
        }))
      : [{ reason: value, labels: { [label]: value } }],
  );
}
