import { describe } from '@jest/globals';
import { addsCases } from './window-store/adds-cases.js';
import { capCases } from './window-store/cap-cases.js';
import { claimCases } from './window-store/claim-cases.js';
import { commitCases } from './window-store/commit-cases.js';
import { deliveryCases } from './window-store/delivery-cases.js';
import { dueCases } from './window-store/due-cases.js';
import { factsCases } from './window-store/facts-cases.js';
import { purgeCases } from './window-store/purge-cases.js';
import { recentCases } from './window-store/recent-cases.js';
import { EXACT_TRAITS, onStageOf, type StoreFactory, type StoreTraits } from './window-store/stage.js';

/**
 * What every window store must do, by its port alone. Time moves by the harness' `advance`, never by waiting.
 *
 * @param traits in what an adapter's clock may differ from one that stands still
 */
export function windowStoreConformance(name: string, factory: StoreFactory, traits: StoreTraits = EXACT_TRAITS): void {
  const onStage = onStageOf(factory, traits);
  describe(`${name} as a window store`, () => {
    commitCases(onStage, traits);
    dueCases(onStage);
    claimCases(onStage);
    deliveryCases(onStage);
    addsCases(onStage);
    capCases(onStage);
    factsCases(onStage, traits);
    purgeCases(onStage);
    recentCases(onStage);
  });
}
