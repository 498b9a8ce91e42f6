import { ApiError, openCode } from './api.js';
import { BuilderView } from './builder/builder-view.js';
import { ChartsView } from './charts/charts-view.js';
import { byId } from './dom.js';
import { parseDrain } from './drain-url.js';
import { Tabs } from './tabs.js';

const tabs = new Tabs(['charts', 'builder']);
const charts = new ChartsView(byId('charts'), () => tabs.select('builder'));
new BuilderView(byId('builder'), document.documentElement.dataset['sign'] === 'on', (drain) => {
  tabs.select('charts');
  void charts.open(drain);
});

// A one-time code of `l2met demo`; a reload would find it used, and a history should not keep it.
const code = location.hash.slice(1);
if (/^[\w-]{20,}$/.test(code)) {
  history.replaceState(null, '', location.pathname);
  openCode(code)
    .then((url) => {
      const drain = parseDrain(url);
      return typeof drain === 'string' ? charts.complain(drain) : charts.open(drain);
    })
    .catch((error: unknown) => charts.complain(error instanceof ApiError ? error.message : String(error)));
}
