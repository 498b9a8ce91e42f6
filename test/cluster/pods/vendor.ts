import { RecordingDestination, type SeriesValue } from '../../faults/destination.js';
import { serveControl, VENDOR_PORT } from './control.js';

/** What it has of some users: by series, and of each by the start of the window. */
export type VendorAccount = Readonly<
  Record<string, readonly (readonly [string, readonly (readonly [number, SeriesValue])[]])[]>
>;

const users = JSON.parse(process.env['USERS']!) as readonly string[];
const vendor = new RecordingDestination('replaces', '0.0.0.0', VENDOR_PORT);
void vendor.up();

serveControl({
  '/account': (): VendorAccount =>
    Object.fromEntries(
      users.map((user) => [user, [...vendor.of(user)].map(([series, values]) => [series, [...values]] as const)]),
    ),
});
