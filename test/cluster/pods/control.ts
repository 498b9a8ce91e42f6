import { createServer } from 'node:http';

/** Where a pod of the test is asked, by the API server's proxy. */
export const CONTROL_PORT = 9000;

/** Where the vendor takes metrics. */
export const VENDOR_PORT = 8080;

/** Answers GET of some paths with what their functions return, as JSON. */
export function serveControl(actions: Readonly<Record<string, () => unknown>>): void {
  createServer((request, response) => {
    const action = actions[request.url ?? ''];
    void Promise.resolve(action?.())
      .then((result) => response.writeHead(action ? 200 : 404).end(JSON.stringify(result ?? null)))
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  }).listen(CONTROL_PORT, '0.0.0.0');
  process.on('SIGTERM', () => process.exit(0));
}
