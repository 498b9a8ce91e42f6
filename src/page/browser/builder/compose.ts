/** An OTLP destination, as its fields say. */
export interface OtlpFields {
  readonly endpoint: string;
  readonly user: string;
  readonly password: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly serviceName: string;
  readonly percentiles: boolean;
}

/** The destination URL of an OTLP endpoint; what is wrong with it, the parser of credentials says. */
export function otlpCredentials(fields: OtlpFields): string {
  const options = [
    ...fields.headers
      .filter(([name, value]) => name !== '' || value !== '')
      .map(([name, value]) => `header.${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
    ...(fields.serviceName === '' ? [] : [`resource.service.name=${encodeURIComponent(fields.serviceName)}`]),
    ...(fields.percentiles ? ['percentiles=1'] : []),
  ];
  const url = withUser(fields.endpoint, fields.user, fields.password);
  const mark = url.includes('?') ? '&' : '?';
  return `otlp+${url}${options.length > 0 ? mark : ''}${options.join('&')}`;
}

/** The destination URL of a service that speaks Librato's protocol. */
export function libratoCredentials(endpoint: string, user: string, token: string): string {
  return `librato+${withUser(endpoint, user, token)}`;
}

/** Puts a user name and a password into a URL. */
function withUser(endpoint: string, user: string, password: string): string {
  if (user === '' && password === '') return endpoint;
  return endpoint.replace(/^(https?:\/\/)/i, `$1${encodeURIComponent(user)}:${encodeURIComponent(password)}@`);
}
