/** What l2met shows of its state. docs/metrics.md is made from it. */
export const GAUGES = {
  in_flight_requests: { role: 'receiver', help: 'Drain requests at work.' },
  in_flight_bytes: { role: 'receiver', help: 'Bytes of drain bodies at work.' },
  tenants_due: {
    role: 'both',
    help: 'Tenants that are due to be looked at and that no outlet has taken, in the whole store.',
  },
  windows_due: {
    role: 'both',
    help: 'Their windows that are due to be delivered, or retired; of the 1,000 tenants that have waited longest.',
  },
  oldest_due_seconds: {
    role: 'both',
    help: 'For how long the first of these tenants has been due: how far outlets are behind. Alert on it.',
  },
  oldest_held_seconds: {
    role: 'outlet',
    help: 'For how long the oldest window has been due that this outlet has put off; by this machine’s clock. It is dropped after DELIVERY_AGE_MS.',
  },
  tenants_held: {
    role: 'outlet',
    help: 'Tenants whose deliveries this outlet has put off and that still wait.',
    label: 'kind',
    values: {
      retry: 'the destination falters',
      pause: 'the destination refuses the tenant',
      abort: 'a request may still be under way',
      key: 'no key in SECRETS opens its token',
    },
  },
  deliveries_under_way: { role: 'outlet', help: 'Tenants that are being delivered.' },
  store_silent_seconds: { role: 'outlet', help: 'For how long the store has not answered this outlet.' },
} as const satisfies Record<
  string,
  {
    readonly role: 'receiver' | 'outlet' | 'both';
    readonly help: string;
    readonly label?: string;
    readonly values?: Readonly<Record<string, string>>;
  }
>;

/** A gauge's name. */
export type GaugeName = keyof typeof GAUGES;

/** What a gauge stands at; by the values of its label where it has one. */
export type GaugeValue<N extends GaugeName> = (typeof GAUGES)[N] extends { readonly values: infer V }
  ? Readonly<Record<keyof V, number>>
  : number;

/** Reads gauges, when somebody looks. One that cannot be read now is left out. */
export type GaugeReader = () => Promise<{ readonly [N in GaugeName]?: GaugeValue<N> }>;
