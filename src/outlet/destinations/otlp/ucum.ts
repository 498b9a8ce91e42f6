/**
 * Units as log lines write them → UCUM, which OpenTelemetry's units are in (semantic conventions, "Instrument units"). Letter
 * case counts: `m` is a metre there, `M` a mega.
 */
const UCUM = new Map<string, string>([
  ...same('ns', 'us', 'ms', 's', 'min', 'h', 'd', '%', 'bit', 'By', 'kBy', 'MBy', 'GBy', 'TBy', 'KiBy', 'MiBy', 'GiBy'),
  ...all('ns', 'nsec', 'nanosecond', 'nanoseconds'),
  ...all('us', 'usec', 'microsecond', 'microseconds'),
  ...all('ms', 'msec', 'msecs', 'millisecond', 'milliseconds', 'millis'),
  ...all('s', 'sec', 'secs', 'second', 'seconds'),
  ...all('min', 'mins', 'minute', 'minutes'),
  ...all('h', 'hr', 'hrs', 'hour', 'hours'),
  ...all('d', 'day', 'days'),
  ...all('By', 'B', 'byte', 'bytes', 'Bytes'),
  ...all('kBy', 'kB', 'KB', 'kb'),
  ...all('MBy', 'MB', 'mb', 'megabyte', 'megabytes'),
  ...all('GBy', 'GB', 'gb', 'gigabyte', 'gigabytes'),
  ...all('TBy', 'TB', 'tb'),
  ...all('KiBy', 'KiB'),
  ...all('MiBy', 'MiB'),
  ...all('GiBy', 'GiB'),
  ...all('%', 'percent', 'pct'),
  ...all('bit', 'bits'),
]);

/** A unit in UCUM. One that is not known is an annotation (`{pages}`), which UCUM takes for a number of them. '' stays. */
export function ucum(unit: string): string {
  if (unit === '') return '';
  return UCUM.get(unit) ?? unit.split('/').map(part).join('/');
}

/** `req/s` is {req}/s. */
function part(unit: string): string {
  return unit === '' ? '1' : (UCUM.get(unit) ?? `{${unit}}`);
}

function all(ucum: string, ...written: string[]): [string, string][] {
  return written.map((unit) => [unit, ucum]);
}

function same(...units: string[]): [string, string][] {
  return units.map((unit) => [unit, unit]);
}
