import type { Scenario } from '../scenario.js';
import { destinationScenarios } from './destinations.js';
import { processScenarios } from './processes.js';
import { redisScenarios } from './redis.js';

/** All faults, in the order of the table. */
export const SCENARIOS: readonly Scenario[] = [...processScenarios, ...redisScenarios, ...destinationScenarios];
