/**
 * Devices sync one environment with one platform. The network loses, cuts, repeats, reorders and delays
 * messages, and processes and the platform fail. Everything runs in one process and from a seed. Client,
 * platform and store are real; the schedule determines only the network and the order of events.
 */
import { PROFILES } from "./profiles.ts";
import { simulation } from "./torture.ts";

const { crowd, cuts, restarts, values } = PROFILES;

export const torture = simulation("sync over a bad network", {
	profiles: [values, restarts, crowd, cuts],
	rounds: { short: 24, long: 5_000 },
});
