/** An Ingress, as far as a controller reads it. */
export interface Ingress {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>>; readonly namespace: string };
  readonly spec: {
    readonly tls?: readonly { readonly secretName: string; readonly hosts: readonly string[] }[];
    readonly rules: readonly {
      readonly host: string;
      readonly http: { readonly paths: readonly IngressPath[] };
    }[];
  };
}

interface IngressPath {
  readonly path: string;
  readonly pathType: string;
  readonly backend: { readonly service: { readonly name: string; readonly port: { readonly name: string } } };
}

/** Where nginx listens, and where it finds the Secrets of `tls`. */
export const NGINX = { http: 8080, https: 8443, secrets: '/tls' } as const;

/**
 * What ingress-nginx makes of an Ingress, as far as l2met's uses it: hosts, TLS, path prefixes, body size, kept connections to
 * the Service, HTTP led to HTTPS where there is TLS, and 404 for all else.
 *
 * @param portOf the number of a Service's port
 */
export function nginxConfig({ metadata, spec }: Ingress, portOf: (service: string, port: string) => number): string {
  // nginx' own default is 1 MiB.
  const bodySize = metadata.annotations?.['nginx.ingress.kubernetes.io/proxy-body-size'] ?? '1m';
  const upstreams = new Map<string, string>();
  const certificateOf = (secret: string): string =>
    `ssl_certificate ${NGINX.secrets}/${secret}/tls.crt; ssl_certificate_key ${NGINX.secrets}/${secret}/tls.key;`;
  const [anyTls] = spec.tls ?? [];
  const servers = spec.rules.map(({ host, http }) => {
    const locations = http.paths.flatMap(({ path, pathType, backend: { service } }) => {
      if (pathType !== 'Prefix' && pathType !== 'Exact') throw new Error(`path type ${pathType}`);
      const port = portOf(service.name, service.port.name);
      upstreams.set(service.name, `${service.name}.${metadata.namespace}.svc.cluster.local:${port}`);
      const pass = `{ proxy_pass http://${service.name}; }`;
      const exact = `location = ${path} ${pass}`;
      return pathType === 'Exact' ? [exact] : [exact, `location ${path}/ ${pass}`];
    });
    const tls = spec.tls?.find(({ hosts }) => hosts.includes(host));
    return [
      `server {`,
      tls ? `listen ${NGINX.https} ssl; ${certificateOf(tls.secretName)}` : `listen ${NGINX.http};`,
      `server_name ${host}; client_max_body_size ${bodySize};`,
      ...locations,
      `location / { return 404; }`,
      `}`,
      ...(tls ? [`server { listen ${NGINX.http}; server_name ${host}; return 308 https://$host$request_uri; }`] : []),
    ].join('\n');
  });
  return [
    `worker_processes 1; daemon off; pid /tmp/nginx.pid; error_log stderr warn;`,
    `events { worker_connections 4096; }`,
    `http {`,
    `access_log off;`,
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path /tmp/${kind};`),
    `proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;`,
    `proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;`,
    ...[...upstreams].map(([name, address]) => `upstream ${name} { server ${address}; keepalive 32; }`),
    `server { listen ${NGINX.http} default_server; return 404; }`,
    ...(anyTls
      ? [`server { listen ${NGINX.https} ssl default_server; ${certificateOf(anyTls.secretName)} return 404; }`]
      : []),
    ...servers,
    `}`,
    '',
  ].join('\n');
}
