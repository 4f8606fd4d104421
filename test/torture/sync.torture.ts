/**
 * Devices that sync one environment with one platform, over a network that loses, cuts, repeats, reorders and delays,
 * while processes and platform go down: in one process, by seed. Real client, real platform, real store; only what is
 * between them, and the order of things, is the schedule's.
 */
import { PROFILES } from "./sync/profiles.ts";
import { simulation } from "./sync/torture.ts";

const { crowd, cuts, restarts, values } = PROFILES;

export const torture = simulation("sync over a bad network", {
	profiles: [values, restarts, crowd, cuts],
	rounds: { short: 24, long: 5_000 },
});
