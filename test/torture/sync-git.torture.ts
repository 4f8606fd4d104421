/** As `sync.torture.ts`; and devices hand the vault over to each other by git, beside the platform. */
import { PROFILES } from "./sync/profiles.ts";
import { simulation } from "./sync/torture.ts";

export const torture = simulation("sync beside git", {
	profiles: [PROFILES.git],
	rounds: { short: 10, long: 1_500 },
	plants: ["droppedRecord"],
});
